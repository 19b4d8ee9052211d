"""Headless Chromium, told what to do over its debugging pipe: no driver, no port."""
import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time

from poll import PATIENCE, poll

CHROMIUM = shutil.which("chromium")


class Browser:
    """One page. Requests, console lines and exceptions of it are kept."""

    def __init__(self, directory, width=1280, height=900):
        # Chromium reads commands from descriptor 3 and writes answers to 4.
        commands, self.to_chromium = os.pipe()
        self.from_chromium, answers = os.pipe()
        script = 'exec "$0" "$@" 3<&%d 4>&%d' % (commands, answers)
        with open(os.path.join(directory, "chromium.log"), "ab") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", script, CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu",
                 "--disable-quic", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync", "--hide-scrollbars",
                 "--remote-debugging-pipe",
                 "--user-data-dir=" + os.path.join(directory, "chromium"), "about:blank"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(commands, answers))
        os.close(commands)
        os.close(answers)
        self.buffer = b""
        self.last_id = 0
        self.session = None
        self.requests = []
        self.console = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        self.resize(width, height)

    def close(self):
        with contextlib.suppress(OSError, EOFError, AssertionError):
            self.call("Browser.close")
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.to_chromium)
        os.close(self.from_chromium)

    def message(self, deadline):
        """The next one from the browser."""
        while b"\0" not in self.buffer:
            left = deadline - time.monotonic()
            readable, _, _ = select.select([self.from_chromium], [], [], max(left, 0))
            if not readable:
                raise AssertionError("the browser does not answer")
            got = os.read(self.from_chromium, 1 << 20)
            if not got:
                raise EOFError("the browser ended")
            self.buffer += got
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.last_id += 1
        command = {"id": self.last_id, "method": method, "params": parameters}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.to_chromium, json.dumps(command).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            message = self.message(deadline)
            if message.get("id") == self.last_id:
                if "error" in message:
                    raise AssertionError("%s: %s" % (method, message["error"]))
                return message["result"]
            self.note(message)

    def note(self, event):
        method, told = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            if not told["request"]["url"].startswith("data:"):
                self.requests.append(told["request"]["url"])
        elif method == "Runtime.consoleAPICalled":
            self.console.append(" ".join(str(a.get("value", a.get("description")))
                                         for a in told["args"]))
        elif method == "Runtime.exceptionThrown":
            self.console.append(told["exceptionDetails"]["text"])
        elif method == "Log.entryAdded":
            self.console.append(told["entry"]["text"])

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)

    def open(self, url):
        self.call("Page.navigate", url=url)

    def evaluate(self, expression):
        """The value of an expression in the page; of a promise, what it comes to."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError("%s: %s" % (expression, answer["exceptionDetails"]))
        return answer["result"].get("value")

    def wait(self, expression, what):
        """Until it is true; its value."""
        return poll(lambda: self.evaluate(expression), what)

    def place(self, selector):
        """Where the middle of an element is that nothing covers, once it stays there."""
        expression = """(() => {
            const element = document.querySelector(%s);
            if (!element) return null;
            element.scrollIntoView({block: 'center', behavior: 'instant'});
            const box = element.getBoundingClientRect();
            const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
            return element.contains(document.elementFromPoint(x, y)) ? [x, y] : null;
        })()""" % json.dumps(selector)
        places = [None]

        def stays():
            places.append(self.evaluate(expression))
            return places[-1] if places[-1] == places[-2] else None
        return poll(stays, "there is something to click on: " + selector)

    def click(self, selector):
        """Until the element has it: the page may move on between the look and the click."""
        poll(lambda: self.clicked(selector), "the click reaches " + selector)

    def clicked(self, selector):
        x, y = self.place(selector)
        self.evaluate("""window.isClicked = false; document.addEventListener('click', event => {
            window.isClicked = event.target.closest(%s) !== null;
        }, {capture: true, once: true})""" % json.dumps(selector))
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        return self.evaluate("window.isClicked")

    def type(self, selector, text):
        """Puts text in the place of what is in a field, by the keyboard."""
        self.click(selector)
        self.evaluate("document.querySelector(%s).select()" % json.dumps(selector))
        self.call("Input.insertText", text=text)

    def screenshot(self, path, whole=False):
        picture = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

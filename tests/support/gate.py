"""A port in front of a server that a test opens and shuts, to make the server unreachable."""
import asyncio
import threading

_PIECE_BYTES = 1 << 16


class Gate:
    """Listens on a free loopback port in a thread of its own until end(). Open at first."""

    def __init__(self, server_port):
        self._server_port = server_port
        self._open = True
        self._writers = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listener = self._call(asyncio.start_server(self._pass, "127.0.0.1", 0))
        self.port = self._listener.sockets[0].getsockname()[1]

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def open(self):
        self._open = True

    def shut(self):
        """Ends all connections; new ones end at once."""
        self._open = False
        self._call(self._end_all())

    def end(self):
        self.shut()
        self._listener.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _end_all(self):
        for writer in self._writers:
            writer.transport.abort()

    async def _pass(self, reader, writer):
        self._writers.add(writer)
        try:
            if not self._open:
                return
            there, back = await asyncio.open_connection("127.0.0.1", self._server_port)
            self._writers.add(back)
            try:
                await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
            finally:
                self._writers.discard(back)
                back.transport.abort()
        except OSError:
            pass  # one of the two ended: so does the other
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    @staticmethod
    async def _pump(reader, writer):
        while data := await reader.read(_PIECE_BYTES):
            writer.write(data)
            await writer.drain()
        writer.write_eof()

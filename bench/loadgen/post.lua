-- For wrk: POSTs the lines of a file, over and over: wrk ... -s post.lua URL -- BODIES
-- Prints one line of JSON at the end.

local threads = {}

function setup(thread)
  thread:set("place", #threads)
  table.insert(threads, thread)
end

local requests = {}
local last = 0
local at = 0
statuses = {}  -- how often each was answered; done() reads it from every thread

function init(args)
  for body in io.lines(args[1]) do
    last = last + 1
    requests[last] = wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, body)
  end
  -- Threads begin at different places, so that they do not send the same at the same time.
  at = math.floor(place * last * 0.618) % last
end

function request()
  at = at % last + 1
  return requests[at]
end

-- Costs the load generator about 1 us a request, and tells 201 from 202.
function response(status)
  local name = tostring(status)
  statuses[name] = (statuses[name] or 0) + 1
end

function done(summary, latency)
  local total = {}
  for _, thread in ipairs(threads) do
    for name, count in pairs(thread:get("statuses")) do
      total[name] = (total[name] or 0) + count
    end
  end
  local counts = {}
  for name, count in pairs(total) do
    table.insert(counts, string.format('"%s":%d', name, count))
  end
  local errors = summary.errors
  print(string.format('RESULT {"duration_us":%d,"statuses":{%s},"connect":%d,"read":%d,'
    .. '"write":%d,"timeout":%d,"p50_us":%d,"p99_us":%d,"p999_us":%d}',
    summary.duration, table.concat(counts, ","), errors.connect, errors.read, errors.write,
    errors.timeout, latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end

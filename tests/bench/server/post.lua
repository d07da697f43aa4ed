-- wrk: posts the file $BODY over and over; ends with one line that tests/bench/server/run reads.
local file = assert(io.open(os.getenv("BODY"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "application/json"
if os.getenv("CLOSE") then
    wrk.headers["Connection"] = "close"
end
file:close()

done = function(summary, latency, _)
    local e = summary.errors
    io.write(string.format(
        "RESULT requests=%d us=%d p50=%.0f p99=%.0f p999=%.0f max=%.0f errors=%d bad=%d\n",
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        latency:percentile(99.9), latency.max, e.connect + e.read + e.write + e.timeout, e.status))
end

-- wrk: posts the file $BODY over and over; ends with one line that tests/bench/server/run reads.
-- With $FRESH each request names another role than the one before, as pods of different workloads do.
local file = assert(io.open(os.getenv("BODY"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "application/json"
if os.getenv("CLOSE") then
    wrk.headers["Connection"] = "close"
end
file:close()

if os.getenv("FRESH") then
    local variants, turn = {}, 0
    init = function(_) -- path and host are known by then
        for letter = string.byte("a"), string.byte("z") do
            local body, count = wrk.body:gsub('(/role":"%l+%-)%l', "%1" .. string.char(letter))
            assert(count == 1, "the body names no role")
            variants[#variants + 1] = wrk.format(nil, nil, nil, body)
        end
    end
    request = function()
        turn = turn % #variants + 1
        return variants[turn]
    end
end

done = function(summary, latency, _)
    local e = summary.errors
    io.write(string.format(
        "RESULT requests=%d us=%d p50=%.0f p99=%.0f p999=%.0f max=%.0f errors=%d bad=%d\n",
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        latency:percentile(99.9), latency.max, e.connect + e.read + e.write + e.timeout, e.status))
end

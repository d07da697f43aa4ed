// An API server's webhook client: net/http with the transport settings of client-go, an open loop of
// POSTs, and bursts that leave idle connections behind.
//
//	client -url https://127.0.0.1:N/mutate -rate 500 -burst 24 FILE...
//
// Works until its input ends; then prints the counts as one line of JSON, and for each line of input
// those since the line before. Nothing is tried twice here; what net/http repeats by itself (nothing was
// written to the connection yet) is counted.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

type result struct {
	Requests    int            `json:"requests"`
	Failed      int            `json:"failed"`
	Failures    map[string]int `json:"failures"`
	Retries     int            `json:"retries"`
	Connections int            `json:"connections"`
	Closed      int            `json:"told_to_close"`
	Seconds     float64        `json:"seconds"`
	P50         int64          `json:"p50_us"`
	P99         int64          `json:"p99_us"`
	P999        int64          `json:"p999_us"`
	Max         int64          `json:"max_us"`
}

type client struct {
	http    *http.Client
	url     string
	bodies  [][]byte
	timeout time.Duration

	retries, connections, closed atomic.Int64

	mu       sync.Mutex
	took     []int64
	failures map[string]int
	since    time.Time // of the last report
	shown    int
}

const shownMax = 20 // failures told one by one

// What k8s.io/client-go/transport and k8s.io/apimachinery/util/net give a webhook's client.
func newTransport(c *client) *http.Transport {
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: 25,
		IdleConnTimeout:     90 * time.Second,
		TLSClientConfig: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			NextProtos:         []string{"http/1.1"},
			InsecureSkipVerify: true,
		},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c.connections.Add(1)
			return dialer.DialContext(ctx, network, address)
		},
	}
}

// The text of a failure without its ports, so that equal ones are counted together.
func kindOf(err error) string {
	for {
		inner, ok := err.(interface{ Unwrap() error })
		if !ok || inner.Unwrap() == nil {
			return err.Error()
		}
		err = inner.Unwrap()
	}
}

func (c *client) post(body []byte) error {
	tries := 0
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { tries++ }}
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), "POST", c.url,
		bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := c.http.Do(request)
	if tries > 1 {
		c.retries.Add(int64(tries - 1))
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
		return err
	case answer.StatusCode != 200:
		return fmt.Errorf("status %d", answer.StatusCode)
	case !bytes.Contains(text, []byte(`"allowed":true`)) || !bytes.Contains(text, []byte(`"patch":`)):
		return fmt.Errorf("not a patch")
	}
	if answer.Close {
		c.closed.Add(1)
	}
	return nil
}

func (c *client) one(body []byte) {
	begin := time.Now()
	err := c.post(body)
	us := time.Since(begin).Microseconds()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.took = append(c.took, us)
	if err != nil {
		c.failures[kindOf(err)]++
		if c.shown++; c.shown <= shownMax {
			fmt.Fprintf(os.Stderr, "%s failed after %d us: %v\n",
				begin.Format("15:04:05.000000"), us, err)
		}
	}
}

func quantile(sorted []int64, q float64) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1))]
}

// Prints what happened since the last report.
func (c *client) report() {
	c.mu.Lock()
	defer c.mu.Unlock()
	took := c.took
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	failed := 0
	for _, n := range c.failures {
		failed += n
	}
	json.NewEncoder(os.Stdout).Encode(result{
		Requests: len(took), Failed: failed, Failures: c.failures,
		Retries: int(c.retries.Swap(0)), Connections: int(c.connections.Swap(0)),
		Closed: int(c.closed.Swap(0)), Seconds: time.Since(c.since).Seconds(),
		P50: quantile(took, 0.50), P99: quantile(took, 0.99), P999: quantile(took, 0.999),
		Max: quantile(took, 1),
	})
	c.took, c.failures, c.since = nil, map[string]int{}, time.Now()
}

// One request every 1/rate seconds whether or not the earlier ones were answered, and all of a burst
// at once: those leave up to 25 idle connections that are used again only by the next burst.
func (c *client) work(rate, burst, renew int, every time.Duration, over <-chan struct{}) {
	var pending sync.WaitGroup
	launch := func(n int) {
		pending.Add(1)
		if renew > 0 && n%renew == 0 {
			c.http.CloseIdleConnections()
		}
		go func() {
			defer pending.Done()
			c.one(c.bodies[n%len(c.bodies)])
		}()
	}
	begin, sent, bursts := time.Now(), 0, 0
	for {
		select {
		case <-over:
			pending.Wait()
			return
		case <-time.After(time.Millisecond):
		}
		now := time.Since(begin)
		for due := int(now.Seconds() * float64(rate)); sent < due; sent++ {
			launch(sent)
		}
		for due := int(now / every); bursts < due; bursts++ {
			for i := 0; i < burst; i++ {
				launch(i)
			}
		}
	}
}

func main() {
	url := flag.String("url", "", "where to post")
	rate := flag.Int("rate", 500, "requests per second")
	burst := flag.Int("burst", 24, "requests at once")
	renew := flag.Int("renew", 0, "requests after which idle connections are given up")
	every := flag.Duration("every", 700*time.Millisecond, "between bursts")
	timeout := flag.Duration("timeout", 30*time.Second, "for one request")
	flag.Parse()
	c := &client{url: *url, timeout: *timeout, failures: map[string]int{}, since: time.Now()}
	c.http = &http.Client{Transport: newTransport(c)}
	for _, path := range flag.Args() {
		body, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, "client:", err)
			os.Exit(1)
		}
		c.bodies = append(c.bodies, body)
	}
	if len(c.bodies) == 0 || *url == "" {
		fmt.Fprintln(os.Stderr, "client: -url and files are needed")
		os.Exit(1)
	}
	over := make(chan struct{})
	go func() {
		for marks := bufio.NewScanner(os.Stdin); marks.Scan(); {
			c.report()
		}
		close(over)
	}()
	c.work(*rate, *burst, *renew, *every, over)
	c.report()
}

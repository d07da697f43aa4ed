// Requests that cross the end of a server: an API server's client whose connections are idle when the
// server is told to end, and that uses all of them within the next milliseconds.
//
//	crossing -body FILE -count 20 -spread 20ms
//
// It obeys a line each of its input and answers with a line:
//
//	open ADDRESS    as many connections as -count, each with one answered request: "opened"
//	use ADDRESS     the same number of requests at random times of the spread; a new connection goes to
//	                ADDRESS: "asked K kept R retries F failed", where K were answered on a
//	                connection that was there before and R were repeated by net/http itself
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type client struct {
	http    *http.Client
	body    []byte
	address atomic.Value // of new connections
	kept    atomic.Int64
	retries atomic.Int64
	failed  atomic.Int64
}

func newClient(body []byte, count int) *client {
	c := &client{body: body}
	c.http = &http.Client{Transport: &http.Transport{
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: count,
		IdleConnTimeout:     90 * time.Second,
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, c.address.Load().(string))
		},
	}}
	return c
}

func (c *client) post() error {
	tries, isKept := 0, false
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { tries, isKept = tries+1, info.Reused }}
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(context.Background(), trace), "POST",
		"https://webhook.example/mutate?timeout=10s", bytes.NewReader(c.body))
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
	if err == nil && (answer.StatusCode != 200 || !bytes.Contains(text, []byte(`"patch":`))) {
		err = fmt.Errorf("status %d", answer.StatusCode)
	}
	if err == nil && isKept {
		c.kept.Add(1)
	}
	return err
}

// All at once, or spread over some time.
func (c *client) crowd(count int, spread time.Duration) {
	var pending sync.WaitGroup
	for i := 0; i < count; i++ {
		pending.Add(1)
		go func() {
			defer pending.Done()
			if spread > 0 {
				time.Sleep(time.Duration(rand.Int63n(int64(spread))))
			}
			if err := c.post(); err != nil {
				c.failed.Add(1)
				fmt.Fprintln(os.Stderr, "failed:", err)
			}
		}()
	}
	pending.Wait()
}

func main() {
	path := flag.String("body", "", "a review")
	count := flag.Int("count", 20, "connections")
	spread := flag.Duration("spread", 20*time.Millisecond, "over which they are used")
	flag.Parse()
	log.SetOutput(io.Discard) // what is said about responses that were not asked for
	body, err := os.ReadFile(*path)
	if err != nil {
		fmt.Fprintln(os.Stderr, "crossing:", err)
		os.Exit(1)
	}
	c := newClient(body, *count)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) != 2 {
			fmt.Fprintf(os.Stderr, "crossing: not a command: %q\n", lines.Text())
			os.Exit(1)
		}
		c.address.Store(words[1])
		switch words[0] {
		case "open":
			c.http.CloseIdleConnections()
			c.crowd(*count, 0)
			c.kept.Store(0)
			fmt.Println("opened")
		case "use":
			c.crowd(*count, *spread)
			fmt.Printf("asked %d kept %d retries %d failed\n", c.kept.Swap(0), c.retries.Swap(0), c.failed.Swap(0))
		}
	}
}

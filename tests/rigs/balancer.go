// A TCP balancer that behaves as endpoints do: it never retries, and a process that says it is not
// ready still gets new connections for a while. Connections that exist are never touched.
//
//	balancer -lag 1s
//
// It prints "port=N", then reads commands, a line each, until its input ends:
//
//	add NAME HOST:PORT URL    a process and where it tells whether it is ready
//	drop NAME                 forgets it; it should be gone from the rotation before
//
// and prints what changes, with milliseconds since the start: in NAME, unready NAME, out NAME,
// refused NAME (a new connection that the process did not take: the client sees it closed).
package main

import (
	"bufio"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	probeEvery   = 50 * time.Millisecond
	probeTimeout = 2 * time.Second
	dialTimeout  = 5 * time.Second
)

type backend struct {
	name, address, url string
	stop               chan struct{}
}

type balancer struct {
	lag   time.Duration
	begin time.Time
	probe *http.Client

	mu       sync.Mutex
	rotation []*backend
	known    map[string]*backend
	next     int
}

func (b *balancer) say(what, name string) {
	fmt.Printf("%d %s %s\n", time.Since(b.begin).Milliseconds(), what, name)
}

func (b *balancer) isReady(be *backend) bool {
	answer, err := b.probe.Get(be.url)
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode >= 200 && answer.StatusCode < 300
}

func (b *balancer) enter(be *backend) {
	b.mu.Lock()
	b.rotation = append(b.rotation, be)
	b.mu.Unlock()
	b.say("in", be.name)
}

func (b *balancer) leave(be *backend) {
	b.mu.Lock()
	kept := []*backend{}
	for _, one := range b.rotation {
		if one != be {
			kept = append(kept, one)
		}
	}
	b.rotation = kept
	b.mu.Unlock()
	b.say("out", be.name)
}

// Follows one process until it is dropped. What was once not ready comes back as another process.
func (b *balancer) watch(be *backend) {
	isIn := false
	for {
		select {
		case <-be.stop:
			return
		case <-time.After(probeEvery):
		}
		switch isReady := b.isReady(be); {
		case isReady && !isIn:
			b.enter(be)
			isIn = true
		case !isReady && isIn:
			b.say("unready", be.name)
			time.Sleep(b.lag)
			b.leave(be)
			return
		}
	}
}

func (b *balancer) pick() *backend {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.rotation) == 0 {
		return nil
	}
	b.next++
	return b.rotation[b.next%len(b.rotation)]
}

func copyHalf(to, from *net.TCPConn, done chan<- struct{}) {
	_, err := io.Copy(to, from)
	if err != nil {
		to.SetLinger(0) // a reset stays a reset
		to.Close()
	} else {
		to.CloseWrite()
	}
	done <- struct{}{}
}

func (b *balancer) splice(client *net.TCPConn) {
	defer client.Close()
	be := b.pick()
	if be == nil {
		b.say("refused", "nobody")
		return
	}
	conn, err := net.DialTimeout("tcp", be.address, dialTimeout)
	if err != nil {
		b.say("refused", be.name)
		client.SetLinger(0)
		return
	}
	server := conn.(*net.TCPConn)
	defer server.Close()
	done := make(chan struct{}, 2)
	go copyHalf(server, client, done)
	go copyHalf(client, server, done)
	<-done
	<-done
}

func (b *balancer) obey(line string) error {
	words := strings.Fields(line)
	switch {
	case len(words) == 4 && words[0] == "add":
		be := &backend{words[1], words[2], words[3], make(chan struct{})}
		b.known[be.name] = be
		go b.watch(be)
	case len(words) == 2 && words[0] == "drop" && b.known[words[1]] != nil:
		close(b.known[words[1]].stop)
		delete(b.known, words[1])
	default:
		return fmt.Errorf("not a command: %q", line)
	}
	return nil
}

func main() {
	lag := flag.Duration("lag", time.Second, "how long a process that is not ready gets connections")
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "balancer:", err)
		os.Exit(1)
	}
	b := &balancer{
		lag: *lag, begin: time.Now(), known: map[string]*backend{},
		probe: &http.Client{
			Timeout: probeTimeout,
			Transport: &http.Transport{
				DisableKeepAlives: true, // a probe of the kubelet is a connection of its own
				TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
			},
		},
	}
	fmt.Printf("port=%d\n", listener.Addr().(*net.TCPAddr).Port)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go b.splice(conn.(*net.TCPConn))
		}
	}()
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		if err := b.obey(commands.Text()); err != nil {
			fmt.Fprintln(os.Stderr, "balancer:", err)
			os.Exit(1)
		}
	}
}

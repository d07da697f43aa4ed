// Clients that nobody wants, each from an address of its own in 127/8.
//
//	hostile -address 127.0.0.1:N -loris 2000 -half 500 -tiny 10 -garbage 50 -unread 20 -body FILE
//
// Works until its input ends; prints "up" once all have had a first try, and counts as one line of JSON
// for each line of input and at the end. Who is thrown out comes again after a pause.
package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	trickleEvery   = time.Second
	dialTimeout    = 10 * time.Second
	openAtOnce     = 16
	garbagePiece   = 64 << 10
	garbagePause   = 4 * time.Millisecond // four streams of 16 MB/s
	garbageStreams = 4
	pipelined      = 500
)

var (
	address            string
	again              time.Duration
	body               []byte
	opened, thrownOut  atomic.Int64
	refused            atomic.Int64
	garbageSent, alive atomic.Int64
	sources            atomic.Int64
	opening            = make(chan struct{}, openAtOnce)
	firstTries         sync.WaitGroup
)

// A connection from the next address of 127.1.0.1, 127.1.0.2, ...
func dial() (net.Conn, error) {
	n := sources.Add(1)
	from := net.IPv4(127, byte(1+n/(250*250)%250), byte(n/250%250), byte(1+n%250))
	dialer := net.Dialer{Timeout: dialTimeout, LocalAddr: &net.TCPAddr{IP: from}}
	conn, err := dialer.Dial("tcp", address)
	if err != nil {
		refused.Add(1)
		return nil, err
	}
	opened.Add(1)
	return conn, nil
}

func dialTLS() (net.Conn, error) {
	opening <- struct{}{}
	defer func() { <-opening }()
	conn, err := dial()
	if err != nil {
		return nil, err
	}
	secure := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	conn.SetDeadline(time.Now().Add(dialTimeout))
	if err := secure.Handshake(); err != nil {
		conn.Close()
		thrownOut.Add(1)
		return nil, err
	}
	conn.SetDeadline(time.Time{})
	return secure, nil
}

// Returns when the other side ends the connection.
func waitForEnd(conn net.Conn) {
	var piece [4096]byte
	for {
		if _, err := conn.Read(piece[:]); err != nil {
			return
		}
	}
}

// Slow loris: a request whose header never ends, a byte a second.
func loris(tried func()) {
	conn, err := dialTLS()
	tried()
	if err != nil {
		return
	}
	defer conn.Close()
	end := make(chan struct{})
	go func() { waitForEnd(conn); close(end) }()
	text := []byte("POST /mutate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nX-A: ")
	for i := 0; ; i++ {
		b := byte('a')
		if i < len(text) {
			b = text[i]
		}
		if _, err := conn.Write([]byte{b}); err != nil {
			break
		}
		select {
		case <-end:
			return
		case <-time.After(trickleEvery):
		}
	}
}

// What a ClientHello begins with, and nothing after it.
func silent(first []byte) func(tried func()) {
	return func(tried func()) {
		conn, err := dial()
		tried()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.Write(first)
		waitForEnd(conn)
	}
}

var left atomic.Int64 // bytes of garbage still to send

// Noise as TCP bytes, or as what a TLS session carries.
func garbage(isSecure bool) func(tried func()) {
	return func(tried func()) {
		open := dial
		if isSecure {
			open = dialTLS
		}
		conn, err := open()
		tried()
		if err != nil {
			return
		}
		defer conn.Close()
		var noise [garbagePiece]byte
		rand.Read(noise[:])
		for left.Load() > 0 {
			n, err := conn.Write(noise[:])
			left.Add(int64(-n))
			garbageSent.Add(int64(n))
			if err != nil {
				return
			}
			time.Sleep(garbagePause)
		}
		waitForEnd(conn)
	}
}

// Many whole requests and no look at the answers.
func unread(tried func()) {
	conn, err := dialTLS()
	tried()
	if err != nil {
		return
	}
	defer conn.Close()
	head := fmt.Sprintf("POST /mutate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\n\r\n", len(body))
	for i := 0; i < pipelined; i++ {
		conn.SetWriteDeadline(time.Now().Add(time.Minute))
		if _, err := conn.Write(append([]byte(head), body...)); err != nil {
			return
		}
	}
	time.Sleep(time.Minute)
}

// So many of one kind, for ever; pause is before the next try of one that was thrown out.
func crowd(count int, pause func() time.Duration, behave func(tried func())) {
	for i := 0; i < count; i++ {
		firstTries.Add(1)
		go func() {
			var once sync.Once
			for {
				alive.Add(1)
				behave(func() { once.Do(firstTries.Done) })
				alive.Add(-1)
				thrownOut.Add(1)
				time.Sleep(pause())
			}
		}()
	}
}

func report() {
	json.NewEncoder(os.Stdout).Encode(map[string]int64{
		"alive": alive.Load(), "opened": opened.Load(), "thrown_out": thrownOut.Load(),
		"not_taken": refused.Load(), "garbage_mb": garbageSent.Load() >> 20,
	})
}

func main() {
	flag.StringVar(&address, "address", "", "of the server")
	flag.DurationVar(&again, "again", 10*time.Second, "pause before coming again")
	lorises := flag.Int("loris", 0, "headers that never end")
	halves := flag.Int("half", 0, "half a ClientHello")
	tinies := flag.Int("tiny", 0, "three bytes of a ClientHello")
	megabytes := flag.Int64("garbage", 0, "megabytes of noise in all")
	unreads := flag.Int("unread", 0, "clients that do not read")
	path := flag.String("body", "", "file of a request that is not read for")
	flag.Parse()
	var err error
	if body, err = os.ReadFile(*path); err != nil {
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(1)
	}
	left.Store(*megabytes << 20)
	later := func() time.Duration { return again/2 + time.Duration(rand.Int63n(int64(again))) }
	atOnce := func() time.Duration {
		if left.Load() > 0 {
			return garbagePause
		}
		return time.Hour
	}
	half := make([]byte, 120) // of a record that promises 512 bytes
	copy(half, []byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3})
	crowd(*halves, later, silent(half))
	crowd(*tinies, later, silent([]byte{0x16, 3, 1}))
	crowd(*lorises, later, loris)
	crowd(*unreads, later, unread)
	if *megabytes > 0 {
		crowd(garbageStreams/2, atOnce, garbage(false))
		crowd(garbageStreams/2, atOnce, garbage(true))
	}
	go func() { firstTries.Wait(); fmt.Println("up") }()
	for marks := bufio.NewScanner(os.Stdin); marks.Scan(); {
		report()
	}
	report()
}

// Go's own servers, on one processor: go_net echo | tls KEY CERTIFICATE | udp | http BYTES. Each
// prints its port.
package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func echo(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, 65536)
	for {
		n, err := connection.Read(buffer)
		if err != nil {
			return
		}
		if _, err := connection.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	if os.Args[1] == "udp" {
		socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
		check(err)
		fmt.Println(socket.LocalAddr().(*net.UDPAddr).Port)
		buffer := make([]byte, 65536)
		for {
			n, from, err := socket.ReadFrom(buffer)
			check(err)
			socket.WriteTo(buffer[:n], from)
		}
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	check(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	if os.Args[1] == "http" {
		size, err := strconv.Atoi(os.Args[2])
		check(err)
		body := bytes.Repeat([]byte("x"), size)
		check(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Content-Length", strconv.Itoa(size))
			w.Write(body)
		})))
	}
	if os.Args[1] == "tls" {
		pair, err := tls.LoadX509KeyPair(os.Args[3], os.Args[2])
		check(err)
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}})
	}
	for {
		connection, err := listener.Accept()
		check(err)
		go echo(connection)
	}
}

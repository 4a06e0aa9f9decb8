// What `serve --bench` answers, by Go's net/http: server ADDR:PORT [THREADS].
package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
)

var largest = bytes.Repeat([]byte("x"), 10<<20)

var bodies = map[string][]byte{
	"/":    []byte("Hello world\n"),
	"/1k":  largest[:1<<10],
	"/64k": largest[:64<<10],
	"/1m":  largest[:1<<20],
	"/10m": largest,
}

func answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("content-type", "text/plain")
	switch r.URL.Path {
	case "/echo":
		io.Copy(w, r.Body)
		return
	case "/sink":
		octets, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprintln(w, octets)
		return
	}
	body, known := bodies[r.URL.Path]
	if !known {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if r.ContentLength != 0 {
		io.Copy(io.Discard, r.Body)
	}
	w.Header().Set("content-length", strconv.Itoa(len(body)))
	w.Write(body)
}

func main() {
	threads := 1
	if len(os.Args) > 2 {
		threads, _ = strconv.Atoi(os.Args[2])
	}
	runtime.GOMAXPROCS(threads)
	handler := h2c.NewHandler(http.HandlerFunc(answer), &http2.Server{MaxConcurrentStreams: 256})
	log.Fatal(http.ListenAndServe(os.Args[1], handler))
}

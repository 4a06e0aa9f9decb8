// Go's net/http as a server: ADDR:PORT CERT KEY over TLS; ADDR:PORT alone in cleartext, which is golang.org/x/net/http2's.
package main

import (
	"io"
	"log"
	"net/http"
	"os"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
)

// 64 octets or a few more, once the whole body of the request is there; a reset if it cannot be read.
func answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(200)
	w.Write(make([]byte, 64+len(body)%7))
}

func main() {
	handler := http.HandlerFunc(answer)
	if len(os.Args) > 3 {
		log.Fatal(http.ListenAndServeTLS(os.Args[1], os.Args[2], os.Args[3], handler))
	}
	log.Fatal(http.ListenAndServe(os.Args[1], h2c.NewHandler(handler, &http2.Server{})))
}

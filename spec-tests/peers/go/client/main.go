// Go's net/http as a client: URL [post]. Three requests in a row; http is golang.org/x/net/http2's, as net/http has none.
package main

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"golang.org/x/net/http2"
)

func transport(url string) http.RoundTripper {
	if strings.HasPrefix(url, "https:") {
		return &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	}
	dial := func(network, address string, _ *tls.Config) (net.Conn, error) { return net.Dial(network, address) }
	return &http2.Transport{AllowHTTP: true, DialTLS: dial}
}

func main() {
	client := &http.Client{Transport: transport(os.Args[1])}
	for i := 0; i < 3; i++ {
		var response *http.Response
		var err error
		if len(os.Args) > 2 {
			response, err = client.Post(os.Args[1], "text/plain", bytes.NewReader(make([]byte, 100)))
		} else {
			response, err = client.Get(os.Args[1])
		}
		if err == nil {
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	}
}

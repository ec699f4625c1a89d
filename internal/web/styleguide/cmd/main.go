// Command cmd serves the style guide by itself:
//
//	go run ./internal/web/styleguide/cmd -addr 127.0.0.1:8099
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"lastmile/internal/web/asset"
	"lastmile/internal/web/styleguide"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8099", "address to listen on")
	flag.Parse()
	if err := serve(*addr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(addr string) error {
	assets, err := asset.New()
	if err != nil {
		return err
	}
	guide, err := styleguide.New(assets)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle(asset.Prefix, assets)
	mux.Handle(styleguide.Path, guide)
	mux.Handle("/{$}", http.RedirectHandler(styleguide.Path, http.StatusSeeOther))
	server := &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	fmt.Printf("The style guide is at http://%s%s\n", addr, styleguide.Path)
	return server.ListenAndServe()
}

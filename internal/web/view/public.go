package view

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// transportSecurity tells browsers to come back by TLS alone, for a year. It
// speaks for this host and none below it: those may be another's.
const transportSecurity = "max-age=31536000"

type encryptedKey struct{}

// Behind stands before pages that readers reach through a server in front of this
// one, which ends TLS, under a public address such as https://aid.example. It gives
// each request what that server took away: the host that the browser asked for,
// against which origins are checked, that the way was encrypted, and the browser's
// own address. That is the last of X-Forwarded-For, which the server in front must
// add; it is believed only from this machine or a private network. With an https
// address browsers are told to come by TLS alone.
func Behind(public *url.URL, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.Clone(r.Context())
		r.Host = public.Host
		if public.Scheme == "https" {
			r = r.WithContext(context.WithValue(r.Context(), encryptedKey{}, true))
			w.Header().Set("Strict-Transport-Security", transportSecurity)
		}
		if address, ok := forwarded(r); ok {
			r.RemoteAddr = net.JoinHostPort(address, "0")
		}
		next.ServeHTTP(w, r)
	})
}

// forwarded gives the browser's address as a server that is near says it.
func forwarded(r *http.Request) (string, bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().IsLoopback() && !peer.Addr().IsPrivate() {
		return "", false
	}
	list := r.Header.Values("X-Forwarded-For")
	if len(list) == 0 {
		return "", false
	}
	text := list[len(list)-1]
	address, err := netip.ParseAddr(strings.TrimSpace(text[strings.LastIndexByte(text, ',')+1:]))
	return address.String(), err == nil
}

// Encrypted tells whether the reader's browser came by TLS: to this server, or to
// the one in front of it.
func Encrypted(r *http.Request) bool {
	_, behind := r.Context().Value(encryptedKey{}).(bool)
	return r.TLS != nil || behind
}

// Origin is the address of the whole application, as the reader's browser has it:
// https://aid.example.
func Origin(r *http.Request) string {
	if Encrypted(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

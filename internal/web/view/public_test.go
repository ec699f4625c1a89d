package view

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// Behind another server a page knows the address and the browser that the other was asked by, and believes strangers nothing.
func TestBehind(t *testing.T) {
	for _, c := range []struct {
		name, public, peer    string
		forwarded             []string
		origin, address, hsts string
	}{
		{"a proxy on this machine", "https://aid.example", "127.0.0.1:5000", []string{"203.0.113.9"}, "https://aid.example", "203.0.113.9:0", transportSecurity},
		{"a proxy in a private network", "https://aid.example", "10.0.0.2:5000", []string{"2001:db8::1"}, "https://aid.example", "[2001:db8::1]:0", transportSecurity},
		{"what the browser made up comes first", "https://aid.example", "127.0.0.1:5000", []string{"192.0.2.7, 203.0.113.9"}, "https://aid.example", "203.0.113.9:0", transportSecurity},
		{"in two lines too", "https://aid.example", "127.0.0.1:5000", []string{"192.0.2.7", "203.0.113.9"}, "https://aid.example", "203.0.113.9:0", transportSecurity},
		{"a stranger who claims to be a proxy", "https://aid.example", "203.0.113.5:5000", []string{"192.0.2.7"}, "https://aid.example", "203.0.113.5:5000", transportSecurity},
		{"no address", "https://aid.example", "127.0.0.1:5000", []string{"unknown"}, "https://aid.example", "127.0.0.1:5000", transportSecurity},
		{"nothing said", "https://aid.example:8443", "127.0.0.1:5000", nil, "https://aid.example:8443", "127.0.0.1:5000", transportSecurity},
		{"a public address without TLS", "http://aid.example", "127.0.0.1:5000", nil, "http://aid.example", "127.0.0.1:5000", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			public, err := url.Parse(c.public)
			if err != nil {
				t.Fatal(err)
			}
			var origin, address string
			h := Behind(public, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				origin, address = Origin(r), r.RemoteAddr
				remember(w, r, languageCookie, "en")
			}))
			r := httptest.NewRequest("GET", "http://10.0.0.3:8080/", nil)
			r.RemoteAddr = c.peer
			for _, f := range c.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if origin != c.origin || address != c.address || w.Header().Get("Strict-Transport-Security") != c.hsts {
				t.Errorf("origin %s, address %s, HSTS %q", origin, address, w.Header().Get("Strict-Transport-Security"))
			}
			if cookie := w.Result().Cookies()[0]; cookie.Secure != (public.Scheme == "https") {
				t.Errorf("cookie %+v", cookie)
			}
		})
	}
}

// Package axe holds axe-core, which tests run in a page to find what keeps readers with disabilities out. It is for tests alone.
package axe

import _ "embed"

// Script defines the global axe in a page.
//
//go:embed axe.min.js
var Script string

// Violations is an expression that promises the violations on the page as it stands, one line each: the rule, then the elements. Options are
// those of axe.run.
func Violations(options string) string {
	return `axe.run(document, Object.assign({resultTypes: ["violations"], preload: false, elementRef: false}, ` + options + `)).then(r =>
  r.violations.flatMap(v => v.nodes.slice(0, 3).map(n => v.id + ": " + v.help + ": " + n.target.join(" ") + " (" + (n.any[0] || n.all[0] || n.none[0] || {message: ""}).message + ")")))`
}

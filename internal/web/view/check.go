package view

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"sort"
	"text/template/parse"
)

// check walks every template and makes sure that what it names exists.
func (e *Engine) check() error {
	problems := map[string]error{} // by text, to say each thing once
	for language, r := range e.readers {
		for name, set := range r.pages {
			if set.Lookup("content") == nil {
				err := fmt.Errorf("page %s defines no content", name)
				problems[err.Error()] = err
			}
			for _, err := range append(e.checkSet(set), escaping(set)) {
				if err != nil {
					err = fmt.Errorf("page %s in %s: %w", name, language, err)
					problems[err.Error()] = err
				}
			}
		}
		for _, c := range components {
			if r.shared.Lookup(c.Template()) == nil {
				err := fmt.Errorf("%T has no template %q", c, c.Template())
				problems[err.Error()] = err
			}
		}
	}
	var sorted []string
	for text := range problems {
		sorted = append(sorted, text)
	}
	sort.Strings(sorted)
	var all []error
	for _, text := range sorted {
		all = append(all, problems[text])
	}
	return errors.Join(all...)
}

// escaping has html/template work out the escaping of a page, which it otherwise
// does when the page is first drawn. Drawing it with no data fails, as it must;
// only a failure of the escaping itself counts.
func escaping(set *template.Template) error {
	var fault *template.Error
	if err := set.ExecuteTemplate(io.Discard, "layout", nil); errors.As(err, &fault) {
		return fault
	}
	return nil
}

func (e *Engine) checkSet(set *template.Template) []error {
	var problems []error
	for _, t := range set.Templates() {
		if t.Tree == nil {
			continue
		}
		walk(t.Tree.Root, func(node parse.Node) {
			if err := e.checkNode(set, node); err != nil {
				problems = append(problems, fmt.Errorf("template %s: %w", t.Name(), err))
			}
		})
	}
	return problems
}

// checkNode looks at what a template calls by a name that stands in it.
func (e *Engine) checkNode(set *template.Template, node parse.Node) error {
	switch n := node.(type) {
	case *parse.TemplateNode:
		if set.Lookup(n.Name) == nil {
			return fmt.Errorf("no template is named %q", n.Name)
		}
	case *parse.CommandNode:
		if len(n.Args) < 2 {
			return nil
		}
		function, isFunction := n.Args[0].(*parse.IdentifierNode)
		name, isText := n.Args[1].(*parse.StringNode)
		if !isFunction || !isText {
			return nil
		}
		switch function.Ident {
		case "text":
			want, ok := e.catalog.Arguments(name.Text)
			if !ok {
				return fmt.Errorf("no text has the key %q", name.Text)
			}
			if got := len(n.Args) - 2; got != want {
				return fmt.Errorf("the text %q takes %d arguments, not %d", name.Text, want, got)
			}
		case "icon":
			_, err := e.icon(name.Text)
			return err
		case "asset", "integrity":
			_, err := e.assets.Address(name.Text)
			return err
		}
	}
	return nil
}

// walk visits every node of a template.
func walk(node parse.Node, visit func(parse.Node)) {
	visit(node)
	branch := func(b *parse.BranchNode) {
		walk(b.Pipe, visit)
		walk(b.List, visit)
		if b.ElseList != nil {
			walk(b.ElseList, visit)
		}
	}
	switch n := node.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			walk(child, visit)
		}
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.PipeNode:
		for _, command := range n.Cmds {
			walk(command, visit)
		}
	case *parse.CommandNode:
		for _, argument := range n.Args {
			if pipe, ok := argument.(*parse.PipeNode); ok {
				walk(pipe, visit)
			}
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			walk(n.Pipe, visit)
		}
	}
}

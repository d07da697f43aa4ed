//go:build tools

// Package tools names what is built, so that go.mod and go.sum hold all it needs.
package tools

import _ "github.com/prometheus/prometheus/cmd/promtool"

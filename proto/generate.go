// Package proto holds the contract, payments.v1, and the command that turns it into gen/. It has no Go code of
// its own: import github.com/tillgate/tillgate/gen/payments/v1 instead.
package proto

//go:generate sh ../.tools/generate

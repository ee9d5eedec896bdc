package service

import (
	"context"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// SetupIntentReader reads setup intents.
type SetupIntentReader interface {
	// GetSetupIntent returns the setup intent, or RESOURCE_MISSING.
	GetSetupIntent(ctx context.Context, id string) (*paymentsv1.SetupIntent, error)
	// SetupIntentClientSecret returns the client secret of the setup intent, or RESOURCE_MISSING.
	SetupIntentClientSecret(ctx context.Context, id string) (string, error)
}

// CreateSetupIntent implements CustomerService.
func (s *Customers) CreateSetupIntent(
	ctx context.Context, req *paymentsv1.CreateSetupIntentRequest,
) (*paymentsv1.CreateSetupIntentResponse, error) {
	if err := checkAcceptance(req.GetMandateAcceptance()); err != nil {
		return nil, err
	}
	setup, out, err := write[*paymentsv1.SetupIntent](ctx, s.writes,
		paymentsv1.CustomerService_CreateSetupIntent_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.CreateSetupIntentResponse{
		SetupIntent: setup, Replayed: out.Replayed, ClientSecret: out.ClientSecret,
	}, nil
}

// GetSetupIntent implements CustomerService.
func (s *Customers) GetSetupIntent(
	ctx context.Context, req *paymentsv1.GetSetupIntentRequest,
) (*paymentsv1.GetSetupIntentResponse, error) {
	setup, err := s.reads.GetSetupIntent(ctx, req.GetSetupIntentId())
	if err != nil {
		return nil, err
	}
	return &paymentsv1.GetSetupIntentResponse{SetupIntent: setup}, nil
}

// ConfirmSetupIntent implements CustomerService.
func (s *Customers) ConfirmSetupIntent(
	ctx context.Context, req *paymentsv1.ConfirmSetupIntentRequest,
) (*paymentsv1.ConfirmSetupIntentResponse, error) {
	if err := checkAcceptance(req.GetMandateAcceptance()); err != nil {
		return nil, err
	}
	setup, out, err := write[*paymentsv1.SetupIntent](ctx, s.writes,
		paymentsv1.CustomerService_ConfirmSetupIntent_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.ConfirmSetupIntentResponse{
		SetupIntent: setup, Replayed: out.Replayed, ClientSecret: out.ClientSecret,
	}, nil
}

// CancelSetupIntent implements CustomerService.
func (s *Customers) CancelSetupIntent(
	ctx context.Context, req *paymentsv1.CancelSetupIntentRequest,
) (*paymentsv1.CancelSetupIntentResponse, error) {
	setup, out, err := write[*paymentsv1.SetupIntent](ctx, s.writes,
		paymentsv1.CustomerService_CancelSetupIntent_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.CancelSetupIntentResponse{SetupIntent: setup, Replayed: out.Replayed}, nil
}

// GetSetupIntentClientSecret implements CustomerService.
func (s *Customers) GetSetupIntentClientSecret(
	ctx context.Context, req *paymentsv1.GetSetupIntentClientSecretRequest,
) (*paymentsv1.GetSetupIntentClientSecretResponse, error) {
	secret, err := s.reads.SetupIntentClientSecret(ctx, req.GetSetupIntentId())
	if err != nil {
		return nil, err
	}
	return &paymentsv1.GetSetupIntentClientSecretResponse{ClientSecret: secret}, nil
}

package operation

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
)

// The facts that a store remembers about whom it is for, and the purpose of the value that only its seal keys open.
const (
	accountFact  = "account"
	modeFact     = "mode"
	sealFact     = "seal_check"
	checkPurpose = "store/check"
)

// Bind makes a new store that of one account, mode and seal key, and refuses one that is another's: keys are derived from
// the account, so that under another one every key of a caller would begin something new; and what was sealed with a key
// that is gone could be neither finished nor answered.
func Bind(ctx context.Context, s store.Store, scope Scope, keys *seal.Keys) error {
	for _, fact := range []struct{ name, flag, value string }{
		{accountFact, "--stripe-account", scope.Account},
		{modeFact, "the mode of the Stripe key", scope.mode()},
	} {
		stands, err := s.Settle(ctx, fact.name, fact.value)
		if err != nil {
			return fmt.Errorf("read the store's %s: %w", fact.name, err)
		}
		if stands != fact.value {
			return fmt.Errorf("the store is for another Stripe account or mode: %s is %s, the store's is %s",
				fact.flag, fact.value, stands)
		}
	}
	return bindKeys(ctx, s, keys)
}

func bindKeys(ctx context.Context, s store.Store, keys *seal.Keys) error {
	ours := base64.StdEncoding.EncodeToString(keys.Seal(checkPurpose, keys.ID(), []byte(keys.ID())))
	stands, err := s.Settle(ctx, sealFact, keys.ID()+" "+ours)
	if err != nil {
		return fmt.Errorf("read the store's %s: %w", sealFact, err)
	}
	var id, encoded string
	if n, _ := fmt.Sscan(stands, &id, &encoded); n != 2 {
		return errors.New("the store's seal check can not be read")
	}
	sealed, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return errors.New("the store's seal check can not be read")
	}
	if _, err := keys.Open(checkPurpose, id, sealed); err != nil {
		return fmt.Errorf("the store is sealed with the key %s, which is not in --seal-key-file: %w", id, err)
	}
	if id == keys.ID() {
		return nil
	}
	// The key was rotated: from now on a server without the new one does not start.
	if err := s.Replace(ctx, sealFact, stands, keys.ID()+" "+ours); err != nil && !errors.Is(err, store.ErrFenced) {
		return fmt.Errorf("write the store's %s: %w", sealFact, err)
	}
	return nil
}

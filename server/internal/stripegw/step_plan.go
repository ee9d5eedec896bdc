package stripegw

import (
	"google.golang.org/protobuf/proto"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

const (
	errSteps = apierr.ConstError("steps that do not fit together")
	errRead  = apierr.ConstError("what was read is of another type than the write acts on")
)

// plan is the steps of one rpc, as they are recorded.
type plan struct {
	steps []plannedStep
}

// plannedStep is a step that is recorded, or about to be.
type plannedStep struct {
	name  string
	fills []Fill
	rec   *recorder
}

// step is a recorder for the next step. The last one is OnlyStep; see Step.
func (p *plan) step(name string, fills ...Fill) *recorder {
	rec := &recorder{}
	p.steps = append(p.steps, plannedStep{name, fills, rec})
	return rec
}

// recorded is the steps, all of which must have been recorded.
func (p *plan) recorded() ([]Step, error) {
	steps := make([]Step, 0, len(p.steps))
	for _, s := range p.steps {
		r, err := s.rec.request()
		if err != nil {
			return nil, err
		}
		steps = append(steps, Step{Name: s.name, Request: r, Fills: s.fills})
	}
	return steps, wellMade(steps)
}

// newSteps is the rows of an rpc with the request message M that takes several steps, or needs O, which was read: nil
// where nothing was. Each row is for a step, told from the others by what was recorded (write.fits); steps that are
// alike to Stripe may share one.
func newSteps[M, O proto.Message](
	method string, prepare func(p *plan, req M, on O, operationID string) error, rows ...write,
) []write {
	var zero M
	name := zero.ProtoReflect().Descriptor().FullName()
	for i := range rows {
		rows[i].method, rows[i].request = method, name
		rows[i].prepare = func(p *plan, req, read proto.Message, operationID string) error {
			m, ok := req.(M)
			if !ok {
				return apierr.ConstError("a request of another type than " + string(name))
			}
			on, ok := read.(O)
			if !ok && read != nil {
				return errRead
			}
			return prepare(p, m, on, operationID)
		}
	}
	return rows
}

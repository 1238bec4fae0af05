package ra

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/rubrica/rubrica/ra/factura"
	"github.com/rubrica/rubrica/signing/sri"
	"github.com/rubrica/rubrica/workflow"
)

// doInvoice makes the fee's invoice and signs it with the authority's seal. Its number was claimed
// with the order; all else is made of recorded data and the instant of the order.
func (o *Office) doInvoice(
	ctx context.Context, e workflow.Effect, s workflow.State, want invoiceParams,
) (workflow.Answer, error) {
	number, err := claimedNumber(s, want.Series)
	if err != nil {
		return workflow.Answer{}, err
	}
	invoice, err := o.invoice(ctx, e, want, number)
	if err != nil {
		return workflow.Answer{}, err
	}
	voucher, key, err := factura.Marshal(invoice)
	if bad, ok := errors.AsType[*factura.Error](err); ok {
		return workflow.Answer{}, &workflow.Failure{
			Note:      "invoice: " + bad.Field,
			Permanent: true,
			Err:       err,
		}
	}
	if err != nil {
		return workflow.Answer{}, fmt.Errorf("ra: invoice: %w", err)
	}
	signed, err := o.sealVoucher(ctx, voucher, e)
	if err != nil {
		return workflow.Answer{}, fmt.Errorf("ra: invoice: %w", err)
	}
	filed := Filed{Name: "factura-" + key.String() + ".xml", Evidence: Evidence{
		Kind: invoiceDatum, Type: typeXML, Size: int64(len(signed)), Digest: DigestOf(signed).String()}}
	ref, err := o.fileOnce(ctx, e, filed, signed)
	if err != nil {
		return workflow.Answer{}, err
	}
	return workflow.Answer{
		Data: map[string]string{invoiceDatum: ref, accessKeyDatum: key.String()},
	}, nil
}

func (o *Office) invoice(
	ctx context.Context, e workflow.Effect, want invoiceParams, number uint32,
) (factura.Invoice, error) {
	var billing Billing
	if err := o.getRecord(ctx, e.Instance, e.Data[recordBilling], &billing); err != nil {
		return factura.Invoice{}, err
	}
	net, err := ParseCents(want.Net)
	if err != nil {
		return factura.Invoice{}, err
	}
	kinds := map[string]factura.IDKind{"ruc": factura.RUC, string(IDCedula): factura.Cedula,
		string(IDPassport): factura.Passport}
	issuer := o.c.Taxpayer
	issuer.Establishment, issuer.EmissionPoint, _ = strings.Cut(want.Series, "-")
	i := factura.Invoice{
		Environment: o.c.Environment, Date: e.At.In(o.c.Place), Sequential: number,
		NumericCode: numericCode(e.Key), Issuer: issuer, Payment: factura.BankingNetwork,
		Buyer: factura.Buyer{Kind: kinds[billing.IDType], Number: billing.Number, Name: billing.Name,
			Address: billing.Address, Email: billing.Email},
		Items: []factura.Item{{Code: want.Code, Description: want.Description, Quantity: 1,
			UnitPrice: factura.Cents(net)}},
	}
	if total := i.Total(); total.Sum.String() != want.Fee {
		return i, &workflow.Failure{Permanent: true,
			Note: "the invoice adds up to " + total.Sum.String() + ", the fee is " + want.Fee}
	}
	return i, nil
}

// claimedNumber is the number of the series that the application holds.
func claimedNumber(s workflow.State, series string) (uint32, error) {
	for _, c := range s.Claims {
		if c.Scope == invoiceScope(series) {
			n, err := strconv.ParseUint(c.Key, 10, 32)
			if err != nil {
				return 0, fmt.Errorf("ra: invoice number: %w", err)
			}
			return uint32(n), nil
		}
	}
	return 0, &workflow.Failure{Note: "no invoice number was claimed", Permanent: true}
}

// numericCode is the código numérico of the access key: any eight digits, the same for a repeat.
func numericCode(key string) uint32 {
	h := sha256.Sum256([]byte("código numérico " + key))
	return binary.BigEndian.Uint32(h[:4]) % 100_000_000
}

// sealVoucher signs with the authority's seal.
func (o *Office) sealVoucher(
	ctx context.Context, voucher []byte, e workflow.Effect,
) ([]byte, error) {
	return sri.Sign(ctx, voucher, o.c.Seal, sri.Options{Time: e.At})
}

// fileOnce files what cannot be made twice alike: a signed document has random parts. The first one
// stored is the one.
func (o *Office) fileOnce(
	ctx context.Context, e workflow.Effect, f Filed, content []byte,
) (string, error) {
	ref, err := o.fileDocument(ctx, e.Instance, e.Key, f, content)
	if errors.Is(err, ErrKeyContent) {
		err = nil
	}
	return ref.String(), err
}

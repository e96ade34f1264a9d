/*
 * decimal_put.h
 *		What numeric and money have in common: decimal.handling.mode.
 */
#ifndef CDC_DECIMAL_PUT_H
#define CDC_DECIMAL_PUT_H

#include "value/decimal.h"
#include "value/value.h"

/* Kafka Connect's Decimal; precision -1 for none. */
extern CdcSchema *cdc_decimal_schema(int scale, int precision);

/* Sets "fallback" and "unavailable" for the mode and type->scale. */
extern void cdc_decimal_constants(CdcType *type);

/*
 * Decimal with type->scale; VariableScaleDecimal.  False for what they cannot
 * hold: NaN, the infinities, digits beyond the scale.
 */
extern bool cdc_decimal_put_precise(CdcBuf *buf, const CdcType *type, const CdcDecimal *number);
extern bool cdc_decimal_put_variable(CdcBuf *buf, const CdcDecimal *number);

/* A string with "scale" digits after the point; the same text in CurrentMemoryContext. */
extern void cdc_decimal_put_string(CdcBuf *buf, const CdcDecimal *number, int scale);
extern void cdc_decimal_copy_string(CdcSlice *text, const CdcDecimal *number, int scale);

#endif /* CDC_DECIMAL_PUT_H */

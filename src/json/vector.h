/*
 * vector.h
 *		Sixteen bytes at once, with SSE2 (any x86-64) or NEON (any aarch64).
 *
 * CDC_VECTOR is defined where there is one of them, which the compiler tells:
 * both belong to their architecture, so nothing is chosen at run time.
 *
 * A mask says which bytes of a vector were chosen.  A byte has CDC_MASK_BITS
 * bits in it, all of them the same, the first byte has the lowest: as many as
 * the instruction set makes cheap.
 */
#ifndef CDC_VECTOR_H
#define CDC_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__SSE2__)

#include <emmintrin.h>

#define CDC_VECTOR
#define CDC_MASK_BITS 1

typedef __m128i CdcVector;
typedef uint32_t CdcMask;

static inline CdcVector
cdc_vector_load(const unsigned char *p)
{
	return _mm_loadu_si128((const __m128i *) p);
}

static inline void
cdc_vector_store(char *out, CdcVector v)
{
	_mm_storeu_si128((__m128i *) out, v);
}

static inline CdcVector
cdc_vector_or(CdcVector a, CdcVector b)
{
	return _mm_or_si128(a, b);
}

/* FF for each byte whose "bits" are "value", 00 for the others. */
static inline CdcVector
cdc_vector_matching(CdcVector v, unsigned char bits, unsigned char value)
{
	return _mm_cmpeq_epi8(_mm_and_si128(v, _mm_set1_epi8((char) bits)), _mm_set1_epi8((char) value));
}

/* Whether all bytes are below 0x80. */
static inline bool
cdc_vector_is_low(CdcVector v)
{
	return _mm_movemask_epi8(v) == 0;
}

/* The mask of a vector of FF and 00. */
static inline CdcMask
cdc_vector_mask(CdcVector v)
{
	return (CdcMask) _mm_movemask_epi8(v);
}

/* The index of the first byte in a mask, 16 if there is none; bits beyond do not matter. */
static inline int
cdc_mask_first(CdcMask mask)
{
	return __builtin_ctz(mask | 0x10000);
}

#elif defined(__aarch64__) && defined(__ARM_NEON)

#include <arm_neon.h>

#define CDC_VECTOR
#define CDC_MASK_BITS 4

typedef uint8x16_t CdcVector;
typedef uint64_t CdcMask;

static inline CdcVector
cdc_vector_load(const unsigned char *p)
{
	return vld1q_u8(p);
}

static inline void
cdc_vector_store(char *out, CdcVector v)
{
	vst1q_u8((uint8_t *) out, v);
}

static inline CdcVector
cdc_vector_or(CdcVector a, CdcVector b)
{
	return vorrq_u8(a, b);
}

static inline CdcVector
cdc_vector_matching(CdcVector v, unsigned char bits, unsigned char value)
{
	return vceqq_u8(vandq_u8(v, vdupq_n_u8(bits)), vdupq_n_u8(value));
}

static inline bool
cdc_vector_is_low(CdcVector v)
{
	return vmaxvq_u8(v) < 0x80;
}

/* Shifted right by four and narrowed, each pair of bytes leaves four bits of either. */
static inline CdcMask
cdc_vector_mask(CdcVector v)
{
	return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(v), 4)), 0);
}

static inline int
cdc_mask_first(CdcMask mask)
{
	return mask == 0 ? 16 : __builtin_ctzll(mask) / CDC_MASK_BITS;
}

#endif

#endif /* CDC_VECTOR_H */

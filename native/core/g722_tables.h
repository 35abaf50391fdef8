#ifndef DIALPLANE_G722_TABLES_H
#define DIALPLANE_G722_TABLES_H
/*
 * The constants of ITU-T G.722 (2012): filter coefficients (table 11), quantizers (tables 14 to 19)
 * and their adaptation (tables 20, 21), in the integer form of section 6. Names are those of the
 * recommendation.
 */
#include <stdint.h>

/* Decision levels of the lower quantizer, Q10, from index 1; the last two are filling. */
static const uint16_t g722_q10[32] = {
    0,     560,   1152,  1760,  2400,  3040,  3728,  4416,  5168,  5920,  6752,
    7568,  8480,  9392,  10400, 11424, 12576, 13728, 15040, 16368, 17936, 19504,
    21424, 23328, 25792, 28240, 31680, 35120, 40912, 46704, 46704, 46704,
};

/* Codes of the intervals, for positive (ILP) and negative (ILN) differences. */
static const uint8_t g722_il[2][30] = {
    {61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47,
     46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32},
    {63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19,
     18, 17, 16, 15, 14, 13, 12, 11, 10, 9,  8,  7,  6,  5,  4},
};

/* Outputs of the inverse quantizers with 6, 4 (lower) and 2 (higher band) bits. */
static const int16_t g722_qm6[64] = {
    -136,   -136,   -136,  -136,  -24808, -21904, -19008, -16704, -14984, -13512, -12280,
    -11192, -10232, -9360, -8576, -7856,  -7192,  -6576,  -6000,  -5456,  -4944,  -4464,
    -4008,  -3576,  -3168, -2776, -2400,  -2032,  -1688,  -1360,  -1040,  -728,   24808,
    21904,  19008,  16704, 14984, 13512,  12280,  11192,  10232,  9360,   8576,   7856,
    7192,   6576,   6000,  5456,  4944,   4464,   4008,   3576,   3168,   2776,   2400,
    2032,   1688,   1360,  1040,  728,    432,    136,    -432,   -136,
};
static const int16_t g722_qm4[16] = {
    0,     -20456, -12896, -8968, -6288, -4240, -2584, -1200,
    20456, 12896,  8968,   6288,  4240,  2584,  1200,  0,
};
static const int16_t g722_qm2[4] = {-7408, -1616, 7408, 1616};

/* Log scale factor multipliers: WL of RL42 by the 4-bit code, WH of RH2 by the 2-bit code. */
static const int16_t g722_wl[16] = {
    -60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60,
};
static const int16_t g722_wh[4] = {798, -214, 798, -214};

/* Antilogarithm of the scale factor, ILB. */
static const uint16_t g722_ilb[32] = {
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
    2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
};

/* The quadrature mirror filter: all taps for the lower band, every other one negated for the
 * higher. A window is in the order of time. */
static const int16_t g722_qmf_lower[24] = {
    3,    -11, -11,  53,   12,  -156, 32,   362, -210, -805, 951, 3876,
    3876, 951, -805, -210, 362, 32,   -156, 12,  53,   -11,  -11, 3,
};
static const int16_t g722_qmf_higher[24] = {
    -3,    -11, 11,  53,   -12,  -156, -32, 362, 210, -805, -951, 3876,
    -3876, 951, 805, -210, -362, 32,   156, 12,  -53, -11,  11,   3,
};

/* Its two phases for synthesis, in the order of time; the zeros fill a vector. */
static const int16_t g722_qmf_first[16] = {
    0, 0, 0, 0, -11, 53, -156, 362, -805, 3876, 951, -210, 32, 12, -11, 3,
};
static const int16_t g722_qmf_second[16] = {
    0, 0, 0, 0, 3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11,
};

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * CMOS clock: enough for a kernel to read the time at boot without waiting
 *
 * Without one the kernel polls the "update in progress" bit for seconds.
 */
#include <time.h>

#include "devices.h"

#define STATUS_A_IDLE	0x26	/* divider and rate as a PC has them, no update in progress */
#define STATUS_B_24H	0x02	/* 24 hours, BCD */
#define STATUS_D_VALID	0x80
#define REG_CENTURY	0x32

static uint8_t bcd(unsigned int val)
{
	return val / 10 % 10 << 4 | val % 10;
}

static uint8_t read_clock(uint8_t index)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	switch (index) {
	case 0:
		return bcd(tm.tm_sec);
	case 2:
		return bcd(tm.tm_min);
	case 4:
		return bcd(tm.tm_hour);
	case 6:
		return bcd(tm.tm_wday + 1);
	case 7:
		return bcd(tm.tm_mday);
	case 8:
		return bcd(tm.tm_mon + 1);
	case 9:
		return bcd(tm.tm_year % 100);
	case REG_CENTURY:
		return bcd((tm.tm_year + 1900) / 100);
	}
	return 0;
}

/**
 * rtc_in - The L1 reads the index or the data port
 * @hv: the machine; the devices' lock is held
 * @offset: 0 index, 1 data
 *
 * Return: its value
 */
uint8_t rtc_in(struct hv *hv, uint16_t offset)
{
	struct rtc *rtc = &hv->dev->rtc;

	if (!offset)
		return rtc->index;
	switch (rtc->index) {
	case 0x0a:
		return STATUS_A_IDLE;
	case 0x0b:
		return STATUS_B_24H;
	case 0x0d:
		return STATUS_D_VALID;
	}
	return read_clock(rtc->index);
}

/**
 * rtc_out - The L1 writes the index or the data port
 * @hv: the machine; the devices' lock is held
 * @offset: 0 index; data is ignored, the clock is read-only
 * @val: value
 */
void rtc_out(struct hv *hv, uint16_t offset, uint8_t val)
{
	if (!offset)
		hv->dev->rtc.index = val & 0x7f;	/* bit 7 masks NMIs */
}

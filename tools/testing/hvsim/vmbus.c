// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine's own hypercalls, and a VMBus host without devices
 *
 * With --vmbus the L1's VMBus driver finds its ACPI device, negotiates a version and is
 * told that there are no channels. It is there so that a driver can be tested next to a
 * VMBus driver that owns the SynIC's pages.
 */
#include <string.h>

#include "abi.h"
#include "hypercall.h"

#define MESSAGE_CONNECTION	1
#define MESSAGE_CONNECTION_4	4

#define VMBUS_VERSION_5_0	0x50000
#define VMBUS_VERSION_LATEST	0x50003
#define VMBUS_DEFAULT_SINT	2

#define CHANNEL_REQUEST_OFFERS		3
#define CHANNEL_ALL_OFFERS_DELIVERED	4
#define CHANNEL_INITIATE_CONTACT	14
#define CHANNEL_VERSION_RESPONSE	15
#define CHANNEL_UNLOAD			16
#define CHANNEL_UNLOAD_RESPONSE		17

#define HVMSG_VMBUS		1

struct post_message {
	uint32_t connection;
	uint32_t reserved;
	uint32_t type;
	uint32_t size;
	uint8_t payload[240];
};

struct vmbus_contact {
	uint32_t type;
	uint32_t pad;
	uint32_t version;
	uint32_t target_vp;
	uint8_t sint;		/* from version 5.0 on */
};

struct vmbus_version_response {
	uint32_t type;
	uint32_t pad;
	uint8_t supported;
	uint8_t state;
	uint16_t pad2;
	uint32_t connection;
};

static void reply(struct l1_vp *vp, unsigned int sint, const void *data, size_t len)
{
	struct hv_message msg = { .type = HVMSG_VMBUS, .payload_size = len };

	memcpy(msg.payload.bytes, data, len);
	synic_post(vp, sint, &msg);
}

static void reply_type(struct hv *hv, uint32_t type)
{
	const uint32_t msg[2] = { type };

	reply(&hv->vps[hv->vmbus_vp], hv->vmbus_sint, msg, sizeof(msg));
}

static void contact(struct hv *hv, const struct vmbus_contact *req)
{
	const struct vmbus_version_response resp = {
		.type = CHANNEL_VERSION_RESPONSE,
		.supported = req->version <= VMBUS_VERSION_LATEST,
		.connection = MESSAGE_CONNECTION,
	};

	hv->vmbus_vp = req->target_vp < hv->nr_vps ? req->target_vp : 0;
	hv->vmbus_sint = VMBUS_DEFAULT_SINT;
	if (req->version >= VMBUS_VERSION_5_0 && req->sint < SYNIC_NR_SINTS)
		hv->vmbus_sint = req->sint;
	reply(&hv->vps[hv->vmbus_vp], hv->vmbus_sint, &resp, sizeof(resp));
}

/**
 * vmbus_post_message - HVCALL_POST_MESSAGE
 * @hv: the machine
 * @vp: the caller
 * @call: connection and message
 *
 * Return: an HV_STATUS
 */
uint16_t vmbus_post_message(struct hv *hv, struct l1_vp *vp, struct hvcall *call)
{
	const struct post_message *in = call->in;
	uint32_t type;

	(void)vp;
	if (!hv->cfg->vmbus || (in->connection != MESSAGE_CONNECTION &&
				in->connection != MESSAGE_CONNECTION_4))
		return HV_STATUS_INVALID_CONNECTION_ID;
	if (in->size > sizeof(in->payload))
		return HV_STATUS_INVALID_PARAMETER;
	memcpy(&type, in->payload, sizeof(type));
	switch (type) {
	case CHANNEL_INITIATE_CONTACT:
		contact(hv, (const void *)in->payload);
		break;
	case CHANNEL_REQUEST_OFFERS:
		reply_type(hv, CHANNEL_ALL_OFFERS_DELIVERED);
		break;
	case CHANNEL_UNLOAD:
		reply_type(hv, CHANNEL_UNLOAD_RESPONSE);
		break;
	}
	return HV_STATUS_SUCCESS;
}

/**
 * vmbus_signal_event - HVCALL_SIGNAL_EVENT: no connection but the message one exists
 * @hv: the machine
 * @vp: the caller
 * @call: connection
 *
 * Return: an HV_STATUS
 */
uint16_t vmbus_signal_event(struct hv *hv, struct l1_vp *vp, struct hvcall *call)
{
	(void)hv;
	(void)vp;
	(void)call;
	return HV_STATUS_INVALID_CONNECTION_ID;
}

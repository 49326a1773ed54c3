/* SPDX-License-Identifier: MIT */
/*
 * A throw-away certificate authority and a server certificate for the names
 * of hostnames.h.  Only for the desk: the CA's key is kept beside
 * the CA so that a directory can be used again.
 */
#ifndef TOOLS_SIM_BASE_CERT_H
#define TOOLS_SIM_BASE_CERT_H

#include "tools/sim/base/sim.h"

#include <openssl/ssl.h>

/*
 * Takes DIR/ca.pem and DIR/ca.key or makes them, then makes a server
 * certificate; fills sim->ca_pem, cert_pem and key_pem.
 */
int cert_make(struct sim *, struct err *);
/* The gateway's TLS context from those; owner frees. */
SSL_CTX *cert_server(struct sim *, struct err *);

#endif

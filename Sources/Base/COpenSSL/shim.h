#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ec.h>
#include <openssl/sha.h>
#include <openssl/bio.h>
#include <openssl/params.h>
#include <openssl/core_names.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <openssl/ts.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

// Cryptography calls libcrypto through these: macros do not reach Swift, and one call a piece of work keeps every context on one side.

/// One digest with an algorithm that was fetched once. Returns 1 on success.
static inline int jw_digest(const EVP_MD *md, const void *data, size_t length, unsigned char *out) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned int written = 0;
    int ok = context != NULL && EVP_DigestInit_ex2(context, md, NULL) == 1 && EVP_DigestUpdate(context, data, length) == 1
        && EVP_DigestFinal_ex(context, out, &written) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

/// One HMAC; `digest` is `SHA256` or `SM3`, `out` has room for 32 bytes. Returns 1 on success.
static inline int jw_hmac(EVP_MAC *mac, const char *digest, const unsigned char *key, size_t key_length, const void *data, size_t length, unsigned char *out) {
    static const unsigned char no_key[1] = {0};
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    OSSL_PARAM params[2] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0), OSSL_PARAM_construct_end()};
    size_t written = 0;
    int ok = context != NULL && EVP_MAC_init(context, key == NULL ? no_key : key, key_length, params) == 1
        && (length == 0 || EVP_MAC_update(context, (const unsigned char *)data, length) == 1) && EVP_MAC_final(context, out, &written, 32) == 1 && written == 32;
    EVP_MAC_CTX_free(context);
    return ok;
}

/// One HMAC with any digest, for one-time codes; `out` has room for 64 bytes. Returns the bytes written, or 0.
static inline size_t jw_hmac_any(EVP_MAC *mac, const char *digest, const unsigned char *key, size_t key_length, const void *data, size_t length, unsigned char *out) {
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    OSSL_PARAM params[2] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0), OSSL_PARAM_construct_end()};
    size_t written = 0;
    int ok = context != NULL && EVP_MAC_init(context, key, key_length, params) == 1 && EVP_MAC_update(context, (const unsigned char *)data, length) == 1
        && EVP_MAC_final(context, out, &written, 64) == 1;
    EVP_MAC_CTX_free(context);
    return ok ? written : 0;
}

/// One pass of a cipher; returns the bytes written to `out` (which has room for one block more than the input), or -1.
static inline int jw_cipher(const EVP_CIPHER *cipher, int encrypt, const unsigned char *key, const unsigned char *iv, const unsigned char *data, int length, unsigned char *out) {
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written = 0, last = 0;
    int ok = context != NULL && EVP_CipherInit_ex2(context, cipher, key, iv, encrypt, NULL) == 1
        && (length == 0 || EVP_CipherUpdate(context, out, &written, data, length) == 1) && EVP_CipherFinal_ex(context, out + written, &last) == 1;
    EVP_CIPHER_CTX_free(context);
    return ok ? written + last : -1;
}

/// A context that can verify SHA256withRSA PKCS#1 v1.5 digests again and again, one thread at a time.
static inline EVP_PKEY_CTX *jw_rsa_verifier(EVP_PKEY *key, const EVP_MD *md) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (context != NULL && EVP_PKEY_verify_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        && EVP_PKEY_CTX_set_signature_md(context, md) == 1) return context;
    EVP_PKEY_CTX_free(context);
    return NULL;
}

/// Signs or verifies with SM2 and SM3 under a user id. Verifying returns 1 for a good signature; signing returns 1 and sets `*signature_length`.
static inline int jw_sm2(EVP_PKEY *key, int sign, const char *identity, const unsigned char *data, size_t length, unsigned char *signature, size_t *signature_length) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    int ok = context != NULL && key_context != NULL && EVP_PKEY_CTX_set1_id(key_context, identity, (int)strlen(identity)) == 1;
    if (ok) {
        EVP_MD_CTX_set_pkey_ctx(context, key_context);
        if (sign) {
            ok = EVP_DigestSignInit(context, NULL, EVP_sm3(), NULL, key) == 1 && EVP_DigestSign(context, signature, signature_length, data, length) == 1;
        } else {
            ok = EVP_DigestVerifyInit(context, NULL, EVP_sm3(), NULL, key) == 1 && EVP_DigestVerify(context, signature, *signature_length, data, length) == 1;
        }
    }
    EVP_MD_CTX_free(context);
    EVP_PKEY_CTX_free(key_context);
    return ok;
}

/// Signs SHA256withRSA PKCS#1 v1.5; `*signature_length` is the room on entry and the length after. Returns 1 on success.
static inline int jw_rsa_sign(EVP_PKEY *key, const unsigned char *data, size_t length, unsigned char *signature, size_t *signature_length) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int ok = context != NULL && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1
        && EVP_DigestSign(context, signature, signature_length, data, length) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

/// Whether a signature over SHA-256 of `data` is good: PKCS#1 v1.5 of an RSA key, DER of an EC key.
static inline int jw_sha256_verify(EVP_PKEY *key, const unsigned char *data, size_t length, const unsigned char *signature, size_t signature_length) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int ok = context != NULL && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1
        && EVP_DigestVerify(context, signature, signature_length, data, length) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

/// A number of a key, such as `n` or `qx`, big-endian; returns the bytes written, or -1.
static inline int jw_number(EVP_PKEY *key, const char *name, unsigned char *out, int room) {
    BIGNUM *number = NULL;
    int length = -1;
    if (EVP_PKEY_get_bn_param(key, name, &number) == 1 && BN_num_bytes(number) <= room) length = BN_bn2bin(number, out);
    BN_free(number);
    return length;
}

/// A new key pair: `RSA` with `bits`, `EC` on P-256, or `SM2`.
static inline EVP_PKEY *jw_generate(const char *kind, int bits) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    int ok = context != NULL && EVP_PKEY_keygen_init(context) == 1 && (bits == 0 || EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) == 1)
        && (strcmp(kind, "EC") != 0 || EVP_PKEY_CTX_set_group_name(context, "P-256") == 1)
        && EVP_PKEY_generate(context, &key) == 1;
    EVP_PKEY_CTX_free(context);
    return ok ? key : NULL;
}

/// PKCS#8 DER of a private key; the caller frees with jw_free. Returns the length, or -1.
static inline int jw_pkcs8(EVP_PKEY *key, unsigned char **out) {
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    int length = -1;
    if (info != NULL) length = i2d_PKCS8_PRIV_KEY_INFO(info, out);
    PKCS8_PRIV_KEY_INFO_free(info);
    return length;
}

static inline void jw_free(void *pointer) { OPENSSL_free(pointer); }

/// The certificate that DER holds, or NULL.
static inline X509 *jw_x509(const unsigned char *der, size_t length) {
    const unsigned char *at = der;
    X509 *certificate = d2i_X509(NULL, &at, (long)length);
    if (certificate != NULL && at != der + length) { X509_free(certificate); return NULL; }
    return certificate;
}

/// A text of a certificate: 0 subject, 1 issuer (both RFC 2253 in UTF-8), 2 serial number in hexadecimal digits. Returns the bytes written, or -1.
static inline int jw_x509_text(const X509 *certificate, int which, char *out, int room) {
    BIO *bio = BIO_new(BIO_s_mem());
    int length = -1;
    if (bio == NULL) return -1;
    if (which == 2) {
        i2a_ASN1_INTEGER(bio, X509_get0_serialNumber(certificate));
    } else {
        X509_NAME *name = which == 0 ? X509_get_subject_name(certificate) : X509_get_issuer_name(certificate);
        X509_NAME_print_ex(bio, name, 0, (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) | ASN1_STRFLGS_UTF8_CONVERT);
    }
    length = BIO_read(bio, out, room);
    BIO_free(bio);
    return length;
}

/// From when (0) or until when (1) a certificate is good, as `YYYYMMDDhhmmss` in UTC; `out` has room for 15 bytes. Returns 1 on success.
static inline int jw_x509_time(const X509 *certificate, int which, char *out) {
    struct tm time;
    const ASN1_TIME *at = which == 0 ? X509_get0_notBefore(certificate) : X509_get0_notAfter(certificate);
    if (ASN1_TIME_to_tm(at, &time) != 1) return 0;
    return snprintf(out, 15, "%04d%02d%02d%02d%02d%02d", (time.tm_year + 1900) % 10000, (time.tm_mon + 1) % 100, time.tm_mday % 100, time.tm_hour % 100, time.tm_min % 100, time.tm_sec % 100) == 14;
}

/// Subject public key info DER of a certificate; the caller frees with jw_free. Returns the length, or -1.
static inline int jw_x509_key(const X509 *certificate, unsigned char **out) { return i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), out); }

/// One SM2 encryption (GB/T 32918.4) or its reverse; the text is DER `SEQUENCE(x, y, hash, cipher)` (GM/T 0009). `*out_length` is the room on entry and the length after. Returns 1 on success.
static inline int jw_sm2_crypt(EVP_PKEY *key, int encrypt, const unsigned char *data, size_t length, unsigned char *out, size_t *out_length) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    int ok = context != NULL;
    if (ok && encrypt) ok = EVP_PKEY_encrypt_init(context) == 1 && EVP_PKEY_encrypt(context, out, out_length, data, length) == 1;
    else if (ok) ok = EVP_PKEY_decrypt_init(context) == 1 && EVP_PKEY_decrypt(context, out, out_length, data, length) == 1;
    EVP_PKEY_CTX_free(context);
    return ok;
}

/// DER of a certificate that a key gives itself: `use` 0 signs, 1 encrypts, 2 stamps times. Times are seconds since 1970. The caller frees with jw_free. Returns the length, or -1.
static inline int jw_own_certificate(EVP_PKEY *key, int is_sm2, const char *name, long serial, long from, long until, int use, unsigned char **out) {
    X509 *certificate = X509_new();
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    X509_NAME *subject = X509_NAME_new();
    int length = -1;
    int ok = certificate != NULL && context != NULL && key_context != NULL && subject != NULL && X509_set_version(certificate, 2) == 1
        && ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial) == 1 && ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)from) != NULL
        && ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)until) != NULL
        && X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1 && X509_set_subject_name(certificate, subject) == 1
        && X509_set_issuer_name(certificate, subject) == 1 && X509_set_pubkey(certificate, key) == 1;
    X509V3_CTX v3;
    X509V3_set_ctx(&v3, certificate, certificate, NULL, NULL, 0);
    const char *usage = use == 1 ? "critical,keyEncipherment,dataEncipherment" : "critical,digitalSignature";
    X509_EXTENSION *extension = ok ? X509V3_EXT_conf_nid(NULL, &v3, NID_key_usage, usage) : NULL;
    ok = ok && extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    if (ok && use == 2) {
        extension = X509V3_EXT_conf_nid(NULL, &v3, NID_ext_key_usage, "critical,timeStamping");
        ok = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
        X509_EXTENSION_free(extension);
    }
    if (ok && is_sm2) {
        ok = EVP_PKEY_CTX_set1_id(key_context, "1234567812345678", 16) == 1;
        EVP_MD_CTX_set_pkey_ctx(context, key_context);
    }
    ok = ok && EVP_DigestSignInit(context, NULL, is_sm2 ? EVP_sm3() : EVP_sha256(), NULL, key) == 1 && X509_sign_ctx(certificate, context) > 0;
    if (ok) length = i2d_X509(certificate, out);
    X509_NAME_free(subject);
    EVP_MD_CTX_free(context);
    EVP_PKEY_CTX_free(key_context);
    X509_free(certificate);
    return length;
}

struct jw_stamp { long serial; long seconds; };

static inline ASN1_INTEGER *jw_stamp_serial(struct TS_resp_ctx *context, void *data) {
    (void)context;
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    if (serial != NULL) ASN1_INTEGER_set(serial, ((struct jw_stamp *)data)->serial);
    return serial;
}

static inline int jw_stamp_time(struct TS_resp_ctx *context, void *data, long *seconds, long *microseconds) {
    (void)context;
    *seconds = ((struct jw_stamp *)data)->seconds;
    *microseconds = 0;
    return 1;
}

/// RFC 3161: the answer, DER, to a request, DER; a refusal is an answer, too. `policy` in dots. The caller frees with jw_free. Returns the length, or -1.
static inline int jw_time_stamp(const unsigned char *query, size_t length, EVP_PKEY *key, X509 *certificate, const char *policy, long serial, long seconds, unsigned char **out) {
    struct jw_stamp stamp = {serial, seconds};
    TS_RESP_CTX *context = TS_RESP_CTX_new();
    BIO *bio = BIO_new_mem_buf(query, (int)length);
    ASN1_OBJECT *object = OBJ_txt2obj(policy, 1);
    int written = -1;
    int ok = context != NULL && bio != NULL && object != NULL && TS_RESP_CTX_set_signer_cert(context, certificate) == 1 && TS_RESP_CTX_set_signer_key(context, key) == 1
        && TS_RESP_CTX_set_signer_digest(context, EVP_sha256()) == 1 && TS_RESP_CTX_set_def_policy(context, object) == 1 && TS_RESP_CTX_add_md(context, EVP_sha256()) == 1
        && TS_RESP_CTX_add_md(context, EVP_sm3()) == 1 && TS_RESP_CTX_add_md(context, EVP_sha512()) == 1 && TS_RESP_CTX_set_accuracy(context, 1, 0, 0) == 1;
    if (ok) {
        TS_RESP_CTX_set_serial_cb(context, jw_stamp_serial, &stamp);
        TS_RESP_CTX_set_time_cb(context, jw_stamp_time, &stamp);
        TS_RESP *answer = TS_RESP_create_response(context, bio);
        if (answer != NULL) written = i2d_TS_RESP(answer, out);
        TS_RESP_free(answer);
    }
    ASN1_OBJECT_free(object);
    BIO_free(bio);
    TS_RESP_CTX_free(context);
    return written;
}

/// Whether a time-stamp answer was given by this certificate's key for this digest: 1 for yes. `*seconds` is the time it states, `*serial` its number.
static inline int jw_stamp_verify(const unsigned char *answer, size_t length, X509 *certificate, const unsigned char *imprint, size_t imprint_length, long *seconds, long *serial) {
    const unsigned char *at = answer;
    TS_RESP *response = d2i_TS_RESP(NULL, &at, (long)length);
    TS_VERIFY_CTX *context = TS_VERIFY_CTX_new();
    X509_STORE *store = X509_STORE_new();
    unsigned char *copy = OPENSSL_memdup(imprint, imprint_length);
    int ok = response != NULL && context != NULL && store != NULL && copy != NULL && X509_STORE_add_cert(store, certificate) == 1;
    if (ok) {
        TS_VERIFY_CTX_set_flags(context, TS_VFY_VERSION | TS_VFY_SIGNER | TS_VFY_IMPRINT | TS_VFY_SIGNATURE);
        TS_VERIFY_CTX_set_imprint(context, copy, (long)imprint_length);
        copy = NULL;
        TS_VERIFY_CTX_set_store(context, store);
        store = NULL;
        STACK_OF(X509) *chain = sk_X509_new_null();
        if (chain != NULL) { X509_up_ref(certificate); sk_X509_push(chain, certificate); }
        TS_VERIFY_CTX_set_certs(context, chain);
        TS_TST_INFO *info = TS_RESP_get_tst_info(response);
        // Judged by the moment it states: a token outlives its certificate.
        struct tm time;
        if (info != NULL && ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &time) == 1) {
            *seconds = (long)timegm(&time);
            *serial = ASN1_INTEGER_get(TS_TST_INFO_get_serial(info));
        }
        ok = info != NULL && TS_RESP_verify_response(context, response) == 1;
    }
    OPENSSL_free(copy);
    X509_STORE_free(store);
    TS_VERIFY_CTX_free(context);
    TS_RESP_free(response);
    return ok;
}

/// Issuer and serial number of a certificate as `SEQUENCE(Name, INTEGER)` holds them: each DER, the issuer first. The caller frees with jw_free. Returns the length, or -1.
static inline int jw_x509_issuer(const X509 *certificate, unsigned char **out) { return i2d_X509_NAME(X509_get_issuer_name(certificate), out); }
static inline int jw_x509_serial(const X509 *certificate, unsigned char **out) { return i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), out); }

/// The revocation list (RFC 5280) that DER holds, or NULL.
static inline X509_CRL *jw_crl(const unsigned char *der, size_t length) {
    const unsigned char *at = der;
    X509_CRL *list = d2i_X509_CRL(NULL, &at, (long)length);
    if (list != NULL && at != der + length) { X509_CRL_free(list); return NULL; }
    return list;
}

/// Who issued a list, RFC 2253 in UTF-8 as `jw_x509_text` writes it. Returns the bytes written, or -1.
static inline int jw_crl_issuer(const X509_CRL *list, char *out, int room) {
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL) return -1;
    X509_NAME_print_ex(bio, X509_CRL_get_issuer(list), 0, (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) | ASN1_STRFLGS_UTF8_CONVERT);
    int length = BIO_read(bio, out, room);
    BIO_free(bio);
    return length;
}

/// Seconds since 1970 of a list's making (0) or of the next one (1); -1 where it does not say.
static inline long jw_crl_time(const X509_CRL *list, int which) {
    struct tm time;
    const ASN1_TIME *at = which == 0 ? X509_CRL_get0_lastUpdate(list) : X509_CRL_get0_nextUpdate(list);
    return at != NULL && ASN1_TIME_to_tm(at, &time) == 1 ? (long)timegm(&time) : -1;
}

static inline int jw_crl_count(X509_CRL *list) {
    STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(list);
    return all == NULL ? 0 : sk_X509_REVOKED_num(all);
}

/// One entry: its serial number in hexadecimal digits as `jw_x509_text` writes it, and when it was revoked. Returns the bytes written, or -1.
static inline int jw_crl_entry(X509_CRL *list, int index, char *out, int room, long *seconds) {
    STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(list);
    X509_REVOKED *one = all == NULL ? NULL : sk_X509_REVOKED_value(all, index);
    struct tm time;
    if (one == NULL || ASN1_TIME_to_tm(X509_REVOKED_get0_revocationDate(one), &time) != 1) return -1;
    *seconds = (long)timegm(&time);
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL) return -1;
    i2a_ASN1_INTEGER(bio, X509_REVOKED_get0_serialNumber(one));
    int length = BIO_read(bio, out, room);
    BIO_free(bio);
    return length;
}

/// Whether a list was signed by a certificate's key and names its subject as issuer; SM2 under the usual identity. Returns 1 for yes.
static inline int jw_crl_verify(X509_CRL *list, X509 *issuer) {
    const ASN1_BIT_STRING *signature = NULL;
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *object = NULL;
    int digest = NID_undef, kind = NID_undef;
    unsigned char *content = NULL;
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    if (key == NULL || X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(issuer)) != 0) return 0;
    X509_CRL_get0_signature(list, &signature, &algorithm);
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    if (OBJ_find_sigid_algs(OBJ_obj2nid(object), &digest, &kind) != 1) return 0;
    const EVP_MD *md = EVP_get_digestbynid(digest);
    int length = i2d_re_X509_CRL_tbs(list, &content);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    int ok = md != NULL && length > 0 && context != NULL && key_context != NULL;
    if (ok && digest == NID_sm3) {
        ok = EVP_PKEY_CTX_set1_id(key_context, "1234567812345678", 16) == 1;
        EVP_MD_CTX_set_pkey_ctx(context, key_context);
    }
    ok = ok && EVP_DigestVerifyInit(context, NULL, md, NULL, key) == 1
        && EVP_DigestVerify(context, ASN1_STRING_get0_data(signature), (size_t)ASN1_STRING_length(signature), content, (size_t)length) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_CTX_free(key_context);
    OPENSSL_free(content);
    return ok;
}

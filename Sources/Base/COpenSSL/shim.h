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

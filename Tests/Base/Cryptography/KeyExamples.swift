/// Keys and signatures made with the openssl 3.0 command line; the private halves protect nothing.
enum KeyExamples {
    static let message = Array("jianwei gate pass".utf8)

    static let rsaPublic = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxVf4HIzubx1nztMZtPxQ
        gdS2EWNnHP2fSVL8chFDLbbVWv35Q+IjcAvvfszQar3gqVYDwEArxvBdD/ofyBP8
        wBVA10QUdVMr9JZUbr5gBlE1cnDG0/wixbN7Jw+q27+iy+L8H14Cne9shJmodB9K
        pjomaOPqwwCsFS5QGvXyus9cKt2ZALXOeBobwU9YLtjK3tCBe8zp6Yo+9B/kLv0t
        XLdrbWvqxfTI7o6WbWGEJ24r52pS4vnauiqlKGTGnpHN932nuV8ypTG7PyOSwNjY
        50VhcPSIm0mPvjHtjH/a9ZXfXCLbi+K7jyvn0bd8/NEoZiMJ4bRc1+eUpvUj4sL6
        5wIDAQAB
        -----END PUBLIC KEY-----
        """

    /// The same key as PKCS#1.
    static let rsaPublicPKCS1 = """
        -----BEGIN RSA PUBLIC KEY-----
        MIIBCgKCAQEAxVf4HIzubx1nztMZtPxQgdS2EWNnHP2fSVL8chFDLbbVWv35Q+Ij
        cAvvfszQar3gqVYDwEArxvBdD/ofyBP8wBVA10QUdVMr9JZUbr5gBlE1cnDG0/wi
        xbN7Jw+q27+iy+L8H14Cne9shJmodB9KpjomaOPqwwCsFS5QGvXyus9cKt2ZALXO
        eBobwU9YLtjK3tCBe8zp6Yo+9B/kLv0tXLdrbWvqxfTI7o6WbWGEJ24r52pS4vna
        uiqlKGTGnpHN932nuV8ypTG7PyOSwNjY50VhcPSIm0mPvjHtjH/a9ZXfXCLbi+K7
        jyvn0bd8/NEoZiMJ4bRc1+eUpvUj4sL65wIDAQAB
        -----END RSA PUBLIC KEY-----
        """

    static let rsaFingerprint = "d36ed45a06eecd4122bec01e5a6950b295f711dbc64614706c71b26e63057254"
    static let rsaSignature =
        "vAVzFNnPdwrD8r+oGyM959iuSCa2pVOt95CZP+lfao58tSy+Y/gB0BLwf3Ou1/NIxofuS26cn9KXWppDS90iG2gyZ197NIaHPU9vzycWc34lPlqN4mTExWWdmYIDZJIQ3MIRHThd0eG5ZqLLfOmXK1sWu0YPJqUBOcgJp+8IgQPza5nPLlvIVRPbzTk2mD3yYgbBtLvPQFTIBZHyj9zRUlce6Obu4Y9Rc6zbUPTBExrRi6eZ83DPJc9KUypDDpRw6+o0rQKoO4cFm/sCHmHdWp09aoAVqTyvJ67rQ4Y29DatU213+APXvY3GBowW4duObbwl0qDw590YRRKHyRCpxg=="

    static let rsa1024Public = """
        -----BEGIN PUBLIC KEY-----
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCtyqKb8cV+PTzHRKM2gqIm+LTG
        k7hULuIEcwZ+Pv6qnjA/1n8uG76UDk7IgeaCiALmP23kYSeXI7819VUlGOa6Jj4U
        PriTWBf6cBUpjMaRib11KbQkAqhsByoj6t9AX8giNzNRutOAWMP0hkCIHYXjn78l
        Knh3u7YULmq0cxfZbQIDAQAB
        -----END PUBLIC KEY-----
        """

    static let ed25519Public = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAhymD/k11+y1F57w1+Ous9uM04ARDELPK0pYFq/67ll0=
        -----END PUBLIC KEY-----
        """

    static let sm2Public = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAEfpc9xwC+zjDE7f+Bcq4+E9cH/ZCn
        a5iXRfXNrhpRB2YBtCPSuiJBNe4TPbkZrstu5Mu3nkSJzR7iENbdzMQR0Q==
        -----END PUBLIC KEY-----
        """

    static let sm2Private = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgEhTkcHS7QYlPrg/e
        feVjwgydgj92qVeLQppqfzh/vdChRANCAAR+lz3HAL7OMMTt/4Fyrj4T1wf9kKdr
        mJdF9c2uGlEHZgG0I9K6IkE17hM9uRmuy27ky7eeRInNHuIQ1t3MxBHR
        -----END PRIVATE KEY-----
        """

    static let sm2Fingerprint = "be1da16fba00fc83ad51a078c2659a18b0f61a3880507c6f9874921b677e9757"
    static let sm2Signature = "3045022064156704dd2a030820cbe5bb803980d2e510996a8bbb6f309907105404bdc7d2022100d3e370577d4a5cf06c6cc781a2450a1a1a74dea12a7f5d9cb3b48ad466ad8c75"
}

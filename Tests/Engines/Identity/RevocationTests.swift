import Cryptography
import Identity
import Kernel
import Storage
import Testing

/// Made with the openssl command: an authority each of RSA and SM2, people A (1000, taken back) and B (1001), and the authorities' lists.
enum RevocationExamples {
    static let rsaAuthority = """
        -----BEGIN CERTIFICATE-----
        MIIDZTCCAk2gAwIBAgIUI65pP9tT2GST60bQWovjy712arwwDQYJKoZIhvcNAQEL
        BQAwOjELMAkGA1UEBhMCQ04xDTALBgNVBAoMBFRlc3QxHDAaBgNVBAMME0ppYW53
        ZWkgVGVzdCBDQSByc2EwHhcNMjYxMTIyMTMwMjQ3WhcNNDYxMTE3MTMwMjQ3WjA6
        MQswCQYDVQQGEwJDTjENMAsGA1UECgwEVGVzdDEcMBoGA1UEAwwTSmlhbndlaSBU
        ZXN0IENBIHJzYTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAKGShHg8
        E+uf42hYOkNW6hyJCG8GQ7unwKZ2dqpFCw75FPyl6sv2x4zdLH14n9jSHgQ02kUT
        2p8WqpPduC1n9scrq0tN8zPPdK4GVh/f8o+LPuR9RPTkvYjHipHc1z2uCmkxJJzL
        2918Dvfm0/6oAe7SHbGl25Lk8Vm2ONKv3MBvulV1cgXx3AQDRuEdI+BTDrxE8Nso
        MF7nAVYkEFRuPYZy48B2xGyu4GBwsShr3ebuWIZAfJmSmUKeIyBuyf0BgUV86n7H
        u/hr/rB9Snp9Ri7SR2Ap4Af34ykBh3Adex+yFoVFP4yk1zQSTM8eC/6thxNduRbp
        HQEJObMUXh2MsScCAwEAAaNjMGEwHQYDVR0OBBYEFI+eAITdbVSzhQ9GdCwfrgPr
        52nFMB8GA1UdIwQYMBaAFI+eAITdbVSzhQ9GdCwfrgPr52nFMA8GA1UdEwEB/wQF
        MAMBAf8wDgYDVR0PAQH/BAQDAgEGMA0GCSqGSIb3DQEBCwUAA4IBAQCYC3GhfaSF
        YljluLAWcuKYWeat02+CAp2IYsbSJfVLPbBUN81c3cTsO2zcVChwnaw910QVMOh9
        wE4cN++Pl7ECEbDeUYWlif9/ldTbFMln+l9hR8NxfVqEdelL97q2r9MOY8XNtBjV
        X9nZLf+9DIl3wwHE0mkxCU6iAgXRpVdVjHmutCWizaB9viunRNjzMJsGBMNWmhhw
        CEJl+hj58dzT0BmmZI6flK8GM6bACxKsOBUKY1oHVTJ3BAYWRKIgSXqCCAwaWTvt
        Hxe6jUZq5BLG+9Vc/c/QnWtC2Q50oFjcqV2OJkBJJNyW/zhyXiW3pquSoTfq9MCu
        Iog4iNbpA//v
        -----END CERTIFICATE-----
        """
    static let rsaList = """
        -----BEGIN X509 CRL-----
        MIIBqjCBkwIBATANBgkqhkiG9w0BAQsFADA6MQswCQYDVQQGEwJDTjENMAsGA1UE
        CgwEVGVzdDEcMBoGA1UEAwwTSmlhbndlaSBUZXN0IENBIHJzYRcNMjYxMTIyMTMw
        MjUwWhcNMzYxMTE5MTMwMjUwWjAVMBMCAhAAFw0yNjExMjIxMzAyNTBaoA4wDDAK
        BgNVHRQEAwIBATANBgkqhkiG9w0BAQsFAAOCAQEAZMorXWQql+rJrQDFL7i89J/r
        s7cYi1kkPkKzfjDt/LqcZnTTzgbHhfObI8ygvOUwUdW4WG/RjDs13lOfU/sGCEaG
        NIbW9UPo7OopQoY+FieHFQhXoJ6oMYhh0Bb5wGAVmqqBKot25G6Qyvd8kQLL7kvS
        m/Zi4uKVsSLQ1JWIAmIH8jeWvPJOPJBNYtMHaIspQBkdwhc8Iovgbj4fj/yX6bub
        inOVzc9xyahIPfXJRiyzDRx6kBnOBFqinKia8O1gZdr89/zKDdoMjoAGmkvmeK3U
        WvSBw8wLjE5oQUvGTgD63ICa+cF7q8QB17amKxTH8HlythYANjKwAu949F7Scw==
        -----END X509 CRL-----
        """
    static let rsaA = """
        -----BEGIN CERTIFICATE-----
        MIICwjCCAaoCAhAAMA0GCSqGSIb3DQEBCwUAMDoxCzAJBgNVBAYTAkNOMQ0wCwYD
        VQQKDARUZXN0MRwwGgYDVQQDDBNKaWFud2VpIFRlc3QgQ0EgcnNhMB4XDTI2MTEy
        MjEzMDI0OVoXDTM2MTExOTEzMDI0OVowEzERMA8GA1UEAwwIcGVyc29uIEEwggEi
        MA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQC3m2MmUfgqUPbxXDFnh29k5dy0
        Tq/fku1Slj2hIA8g4OlgHZ+G0EsXKunjWVuEITZbfUW/jOsW69f3tp0tWPOxO8kS
        yrsjJPBJJr31BnfOqPvQMXKwJn41KKPVvlbpKFM039L2CCwk14XWhZRxInlHlyPH
        AIfFUiY5lLHyDI0oh9QLTq9R533QNLmqxm2IDt8VV5UJmkoKs0hF6EnnUZhmzPL+
        dahDu5MGAG52j0WM4Lfnz+/qTjFB1w119HNNlO9SrJYrT6nSBeFA8g/a6G4UeHrZ
        hlWp0ZQS9etE3Rar40GnSi3L2DywgUqFQocq43SpSCtShfmz4byEmSdgIy2HAgMB
        AAEwDQYJKoZIhvcNAQELBQADggEBAEBuiHd2BSh042i+GnzWBH/IMiI8HDqA32N/
        w3eUuOERCGGnosXlBtHuwhzK70vDyuXhnBXt76gsW3mG93TCeCrgTk7nvrZmWtDM
        g4BITKbT8aaIT9OeUxupafqMpXHiQSJKrLdkzRBAL0wCEgquKA1YzjN4ow0utDby
        K6UVZH3kk07eQuyfVE5feoP18tQXzorn5Pu6ZL7VoYiPhej+ft5yg2JMnThH/LI1
        AgeYLLqwja1oDFjvD2X3+Ho8HS0fDgnM/DyY7jbPWLL0Pcj/CPIfNWIYiQ/DcR+I
        nyDhKdGowEWhwtjqPQUHmklsmwJIBmfghpkscHN42gjK6SMym6Y=
        -----END CERTIFICATE-----
        """
    static let rsaB = """
        -----BEGIN CERTIFICATE-----
        MIICwjCCAaoCAhABMA0GCSqGSIb3DQEBCwUAMDoxCzAJBgNVBAYTAkNOMQ0wCwYD
        VQQKDARUZXN0MRwwGgYDVQQDDBNKaWFud2VpIFRlc3QgQ0EgcnNhMB4XDTI2MTEy
        MjEzMDI1MFoXDTM2MTExOTEzMDI1MFowEzERMA8GA1UEAwwIcGVyc29uIEIwggEi
        MA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQCibfo8kwH4YXfxiEf6/Ov0pYev
        PUCQQvVLsnhYeDpE0XS7afYa/3Xlr2jnoz6/YVNAfYLaN8SvQERLQqt5htwI+zPd
        pLXkxiikjWYiycDmq7xg/pYI7FBkeUNoRYyDjShWGa7HWITqqNaLn0XEPtmwNymB
        JjoXLd/czxSPaB/zAU/u49TwcHpO5p3KUqf4awCtB2QTGD8a9Av5mMD/PLg37E6y
        qB+3bJeXPVfFbIs6FPC3z8m5ecTBVhni/g0DwMVhvlGZ8tUNm21fUuq+f+zKSMpW
        OHdO0enqcqX9IxGrVQ11HHmLUTo/uNEVsoPC7guIYLMNMUtSb2sr/fIxKXEHAgMB
        AAEwDQYJKoZIhvcNAQELBQADggEBAAihV2nEBN3+srR74Ae39AG3GTV9ffTB9vPF
        HpYqqH8PmrNr5krSC1wOYKCFtGMeMdS4jrt5JI2aCWH1ZAr+3OS/HuOVV2UVlgJf
        QtRsgy/L6L3rNZiQTtmstClmqYZu733l+BlSa2JP/fu4F3wkknxADqb+zaKojzuk
        GyTuy4aPbGhvbpWsPzn9V71mQfPgPs+nOShdscq6JKvCYMRY3XHdGZ10I76k+b/C
        UULxBlUtvK+ui9pDvWqO/0Sip0OHBhzwu5RZXFQ2S5c6vCcqiHZQ7bXMoa6Mdsyb
        qYc3eF+cxc323vI4dyudWXADyhvtWml19BlZcH342XWeV7fTZQg=
        -----END CERTIFICATE-----
        """
    static let sm2Authority = """
        -----BEGIN CERTIFICATE-----
        MIIB2TCCAX+gAwIBAgIUNHruMLtuZCxr8Lg1qxjPe/Pl8JowCgYIKoEcz1UBg3Uw
        OjELMAkGA1UEBhMCQ04xDTALBgNVBAoMBFRlc3QxHDAaBgNVBAMME0ppYW53ZWkg
        VGVzdCBDQSBzbTIwHhcNMjYxMTIyMTMwMjUwWhcNNDYxMTE3MTMwMjUwWjA6MQsw
        CQYDVQQGEwJDTjENMAsGA1UECgwEVGVzdDEcMBoGA1UEAwwTSmlhbndlaSBUZXN0
        IENBIHNtMjBZMBMGByqGSM49AgEGCCqBHM9VAYItA0IABN95nzJ4vy533brdg2FE
        0kDN8aEw3O4J9NGLikslNV761d7rxuXPWLB7nJFXvv1IQz3RK2805v0Kd+daVZPw
        HVSjYzBhMB0GA1UdDgQWBBRy6n7ORyPZexpFJFbiRaFPNl27TjAfBgNVHSMEGDAW
        gBRy6n7ORyPZexpFJFbiRaFPNl27TjAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB
        /wQEAwIBBjAKBggqgRzPVQGDdQNIADBFAiEA4q4Lbx4id/D7YCisHFIebW6iFzrx
        PVOOnZIjKVtNm64CIBI1j2IC33kwOeb/VvluOxto28QsSlXAbVrCYAtsMjyl
        -----END CERTIFICATE-----
        """
    static let sm2List = """
        -----BEGIN X509 CRL-----
        MIHpMIGQAgEBMAoGCCqBHM9VAYN1MDoxCzAJBgNVBAYTAkNOMQ0wCwYDVQQKDARU
        ZXN0MRwwGgYDVQQDDBNKaWFud2VpIFRlc3QgQ0Egc20yFw0yNjExMjIxMzM1MDJa
        Fw0zNjExMTkxMzM1MDJaMBUwEwICEAAXDTI2MTEyMjEzMDI1NVqgDjAMMAoGA1Ud
        FAQDAgECMAoGCCqBHM9VAYN1A0gAMEUCIQDTigIhKYuKkFQPQHR0wXNzEqkFotSD
        VAf9oN2hHOS60QIgQpyKezB5WIhTEQbinqSefBy1vVduIF4PjugyUFG/qEI=
        -----END X509 CRL-----
        """
}

@Suite("D17.6.7 吊销列表")
struct RevocationTests {
    private func list(_ text: String, _ authority: String) throws -> RevocationList {
        try RevocationList(Array(text.utf8), signedBy: Certificate(pem: authority))
    }

    @Test(arguments: [(RevocationExamples.rsaList, RevocationExamples.rsaAuthority), (RevocationExamples.sm2List, RevocationExamples.sm2Authority)])
    func `a list is read and its signature verified`(_ text: String, _ authority: String) throws {
        let list = try list(text, authority)
        #expect(list.entries.map(\.serial) == ["1000"])
        #expect(list.issuer == (try Certificate(pem: authority)).subject)
        #expect(list.nextAt.map { $0 > list.madeAt } == true)
    }

    @Test(arguments: [
        (RevocationExamples.rsaList, RevocationExamples.sm2Authority, "JW-C009"), (RevocationExamples.rsaAuthority, RevocationExamples.rsaAuthority, "JW-C008"),
        ("nothing", RevocationExamples.rsaAuthority, "JW-C008"),
    ])
    func `what is no list, or another authority's, is refused`(_ text: String, _ authority: String, _ code: String) async {
        #expect(await failureCode { _ = try list(text, authority) } == code)
    }

    @Test func `a changed list is refused`() async throws {
        let body = RevocationExamples.rsaList.split(separator: "\n").dropFirst().dropLast().joined()
        let der = try #require(Base64.decode(body))
        // Everything but the outermost length: either it is no list any more, or the signature does not fit.
        for place in stride(from: 5, to: der.count, by: 17) {
            var changed = der
            changed[place] ^= 0x41
            let bytes = changed
            let code = await failureCode { _ = try RevocationList(bytes, signedBy: Certificate(pem: RevocationExamples.rsaAuthority)) }
            #expect(code == "JW-C008" || code == "JW-C009", "byte \(place)")
        }
    }

    @Test func `a certificate on the list opens nothing, cannot be registered, and its sessions end`() async throws {
        let house = try await House()
        house.hand.advance(seconds: 3 * 86_400)
        let id = try await house.user("clerk", .enterpriseAdmin, in: house.steel)
        let (certificates, lists) = (house.engine.certificates, house.engine.revocations)
        try await certificates.register(RevocationExamples.rsaA, title: "A", for: id, by: .system())
        try await certificates.register(RevocationExamples.rsaB, title: "B", for: id, by: .system())
        let token = try await house.login("clerk").token
        let first = try await house.database.read { try certificates.list(of: id, $0) }.first { $0.title == "A" }
        let certificate = try #require(first).id
        try await house.database.write { _ = try $0.execute("UPDATE sessions SET certificate_id = \(certificate)") }
        let outcome = try await lists.take(Array(RevocationExamples.rsaList.utf8), authority: RevocationExamples.rsaAuthority, by: .system())
        #expect([outcome.entries, outcome.people, outcome.sessions] == [1, 1, 1])
        #expect(try await house.session(token) == nil)
        let left = try await house.database.read { try certificates.list(of: id, $0) }.filter { $0.revokedAt == nil }
        #expect(left.map(\.title) == ["B"])
        #expect(await failureCode { try await certificates.register(RevocationExamples.rsaA, title: "A", for: id, by: .system()) } == "JW-K422")
        // The same list again changes nothing; an administrator without the duty may not.
        #expect(try await lists.take(Array(RevocationExamples.rsaList.utf8), authority: RevocationExamples.rsaAuthority, by: .system()).people == 0)
        let clerk = try await house.principal("clerk")
        #expect(await failureCode { _ = try await lists.take(Array(RevocationExamples.rsaList.utf8), authority: RevocationExamples.rsaAuthority, by: clerk) } == "JW-K403")
    }
}

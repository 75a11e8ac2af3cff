import Cryptography
import Identity
import Kernel
import Ledgers
import Storage

/// What a pasted certificate says of itself goes into the row; what was typed beside it gives way.
enum CertificateReading {
    static func register(on ledgers: LedgerEngine) {
        ledgers.onPrepare(of: CertificateLedger.ledger.name) { draft, _, _, _ in
            guard let pem = draft.values["pem"]?.string, !pem.isEmpty else { return }
            let certificate: Certificate
            do { certificate = try Certificate(pem: pem) } catch {
                throw Failure.invalid([FieldFinding("pem", "format", "不是 PEM 格式的 X.509 证书", title: "证书（PEM）")])
            }
            draft.values["subject"] = .string(String(certificate.subject.prefix(300)))
            draft.values["issuer"] = .string(String(certificate.issuer.prefix(300)))
            draft.values["serial"] = .string(String(certificate.serial.prefix(80)))
            draft.values["algorithm"] = .string((try? PublicKey(pem: certificate.keyPEM))?.algorithm ?? "EC")
            draft.values["validFrom"] = .string(certificate.notBefore.day.text)
            draft.values["validTo"] = .string(certificate.notAfter.day.text)
        }
    }
}

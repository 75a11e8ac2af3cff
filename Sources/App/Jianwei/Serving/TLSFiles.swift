import Foundation
import Kernel
import Logging
import NIOSSL
import Synchronization

/// The certificate and key that visitors are met with, read from files; changed files are taken up while the server runs, broken ones are not.
final class TLSFiles: Sendable {
    private let certificate: String
    private let key: String
    /// Certificates of those who issue visitors' certificates; nil asks for none.
    private let clientCA: String?
    private let state: Mutex<(context: NIOSSLContext, stamp: [Date])>

    /// How often the files are looked at.
    static let seconds = 10

    /// - Throws: `.unavailable` `JW-A020` with the file that cannot be used and why.
    init(certificate: String, key: String, clientCA: String?) throws {
        self.certificate = certificate
        self.key = key
        self.clientCA = clientCA
        state = Mutex((context: try Self.context(certificate, key, clientCA), stamp: Self.stamp([certificate, key, clientCA])))
    }

    var current: NIOSSLContext { state.withLock { $0.context } }

    /// Ends with its task.
    func watch(_ logger: Logger) async {
        while (try? await Task.sleep(for: .seconds(Self.seconds))) != nil {
            let stamp = Self.stamp([certificate, key, clientCA])
            guard stamp != state.withLock({ $0.stamp }) else { continue }
            do {
                let fresh = try Self.context(certificate, key, clientCA)
                state.withLock { $0 = (context: fresh, stamp: stamp) }
                logger.notice("TLS certificate reloaded", metadata: ["file": "\(certificate)"])
            } catch {
                // The old one serves on; said once for each change.
                state.withLock { $0.stamp = stamp }
                logger.error("the new TLS certificate cannot be used", metadata: ["error": "\(error)"])
            }
        }
    }

    private static func context(_ certificate: String, _ key: String, _ clientCA: String?) throws -> NIOSSLContext {
        func reading<T>(_ file: String, _ body: () throws -> T) throws -> T {
            do { return try body() } catch { throw Failure(.unavailable, "JW-A020", "TLS 文件无法使用：\(file)", cause: "\(error)") }
        }
        let chain = try reading(certificate) { try NIOSSLCertificate.fromPEMFile(certificate).map { NIOSSLCertificateSource.certificate($0) } }
        let secret = try reading(key) { try NIOSSLPrivateKey(file: key, format: .pem) }
        var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(secret))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let clientCA {
            configuration.trustRoots = .certificates(try reading(clientCA) { try NIOSSLCertificate.fromPEMFile(clientCA) })
            configuration.certificateVerification = .optionalVerification
            configuration.sendCANameList = true
        }
        return try reading(certificate) { try NIOSSLContext(configuration: configuration) }
    }

    private static func stamp(_ files: [String?]) -> [Date] {
        files.compactMap { $0 }.map { (try? FileManager.default.attributesOfItem(atPath: $0)[.modificationDate] as? Date) ?? .distantPast }
    }
}

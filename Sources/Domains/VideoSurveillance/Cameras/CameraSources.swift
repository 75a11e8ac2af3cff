import Cryptography
import Features
import Foundation
import Kernel
import Media
import Storage
import Video

/// Where the pictures of a camera come from at this moment: its address, its account, and whether the address is admitted, asked anew at every start of a stream.
struct CameraSources: Sendable {
    let platform: Platform
    let admitsDemo: @Sendable () -> Bool
    /// For names, which may take long to be looked up.
    private let threads = PictureThreads(threads: 2, waiting: 128)

    init(platform: Platform, admitsDemo: @escaping @Sendable () -> Bool) {
        self.platform = platform
        self.admitsDemo = admitsDemo
    }

    /// - Throws: `VideoRefusal`.
    func source(of id: Int64) async throws -> VideoSource {
        let (camera, login, secret, settings, covered) = try await platform.database.read { reader in
            let account = try reader.first("SELECT login, secret FROM camera_access WHERE camera = \(id)")
            return (try CameraBook.any(id, in: reader), account?.text("login"), account?.text("secret"), try VideoSettings(reader), try CameraBook.covered(in: reader))
        }
        guard let camera, camera.use == "inUse" else { throw VideoRefusal(.disabled) }
        guard !covered.contains(camera.number), !covered.contains(camera.name) else { throw VideoRefusal(.covered) }
        let text = camera.subAddress.isEmpty ? camera.address : camera.subAddress
        guard !text.isEmpty else { throw VideoRefusal(.noAddress) }
        if text.hasPrefix(Camera.demoPrefix) {
            guard admitsDemo(), let number = Int(text.dropFirst(Camera.demoPrefix.count)) else { throw VideoRefusal(.noAddress) }
            return VideoSource(id: id, name: camera.name, kind: .pattern(title: camera.name, number: number))
        }
        guard let address = try? CameraAddress(text) else { throw VideoRefusal(.noAddress) }
        let host = try await admitted(address.host, settings)
        let password = try secret.map { try platform.keys.open($0) }
        return VideoSource(id: id, name: camera.name, kind: .camera(address, host: host, user: login, password: password))
    }

    /// The numeric address that was asked of the rule is the one that is called, so that a name which answers differently the second time leads nowhere else.
    func admitted(_ host: String, _ settings: VideoSettings) async throws -> String {
        let addresses = try await threads.run { Self.addresses(of: host) }
        guard let first = addresses.first else { throw VideoRefusal(.unreachable) }
        guard addresses.allSatisfy(settings.admits) else { throw VideoRefusal(.notAdmitted) }
        return first
    }

    private static func addresses(of host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [String] = []
        var next = list
        while let one = next {
            var text = [CChar](repeating: 0, count: 1025)
            if getnameinfo(one.pointee.ai_addr, one.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 {
                found.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
            next = one.pointee.ai_next
        }
        return found
    }
}

import Foundation
import Logging
import VideoSurveillance

/// `serve --demo`: the city is installed before the first page, its gates speak as soon as the server listens.
struct DemoStage: Sendable {
    private let installation: Installation
    private let folder: String
    let simulator: DemoSimulator
    let points: DemoPointFeed

    init(installation: Installation, address: ListenAddress, logger: Logger) {
        self.installation = installation
        folder = installation.directory + "/demo"
        let host = address.host == "0.0.0.0" || address.host.isEmpty ? "127.0.0.1" : address.host
        points = DemoPointFeed(platform: installation.platform, logger: logger)
        simulator = DemoSimulator(baseURL: "http://\(host):\(address.port)", folder: folder, gates: installation.gates, logger: logger)
    }

    /// - Returns: one-time passwords; empty when the city stands already.
    func install() async throws -> [DemoCredential] {
        installation.video.admitDemonstration()
        let credentials = try await DemoCity().install(into: installation.gates, platform: installation.platform, folder: folder)
        try await DemoCameras(platform: installation.platform).install()
        return credentials
    }

    static func greet(_ credentials: [DemoCredential]) {
        guard !credentials.isEmpty else { return }
        print("演示城市的账号，一次性密码（登录后必须修改，只显示这一次）：")
        for credential in credentials { print("  \(credential.name)  用户名 \(credential.login)  密码 \(credential.oneTimePassword)") }
        fflush(nil)
    }
}

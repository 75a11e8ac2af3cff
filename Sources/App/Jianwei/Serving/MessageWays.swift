import AsyncHTTPClient
import Foundation
import Kernel
import Messages
import NIOCore
import NIOHTTP1
import SMTP

/// The ways out of the platform that an installation has: `sms.json` names a gateway, `mail.json` a mail server, `webhook.json` another system; without the first, short messages go into `sms.log`.
enum MessageWays {
    static func channels(_ directory: String) throws -> [MessageChannel] {
        var channels: [MessageChannel] = []
        if let gateway = try read(directory + "/sms.json") {
            channels.append(try SMSGateway(json: gateway).channel(call))
        } else {
            channels.append(FileChannel(path: directory + "/sms.log").channel)
        }
        if let mail = try read(directory + "/mail.json") { channels.append(try SMTPAccount(json: mail).channel) }
        if let hook = try read(directory + "/webhook.json"), let url = hook["url"]?.string, let secret = hook["secret"]?.string {
            channels.append(SignedWebhook(url: url, secret: secret).channel(call))
        }
        return channels
    }

    private static func read(_ path: String) throws -> JSONValue? {
        guard let bytes = FileManager.default.contents(atPath: path) else { return nil }
        return try JSONValue(parsing: String(decoding: bytes, as: UTF8.self))
    }

    /// What goes out goes where the operator wrote, telephone numbers and secrets with it: no redirect is followed.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.redirectConfiguration = .disallow
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// Ten seconds, 64 KiB of answer. What the network throws is a failure that is tried again.
    private static let call: HTTPCall = { url, headers, body in
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let answer = try await client.execute(request, timeout: .seconds(10))
            let bytes = try await answer.body.collect(upTo: 65_536)
            return (Int(answer.status.code), Array(bytes.readableBytesView))
        } catch let error where !(error is CancellationError) {
            throw Failure(.unavailable, "JW-MS05", "外部通道连接失败", cause: "\(error)")
        }
    }
}

import Cryptography
import Foundation
import Kernel
import Synchronization

/// A way out of the platform. Called at least once a delivery; `key` is the same at every attempt, so that a gateway that knows it sends once.
package struct MessageChannel: Sendable {
    /// `sms`: stored in deliveries.
    package var name: String
    package var title: String
    /// What the channel needs to know of a user.
    package var address: Address
    /// - Returns: the other side's receipt, where it gives one.
    package var send: @Sendable (OutgoingMessage) async throws -> String?

    package enum Address: Sendable, Equatable {
        case phone
        /// What people enter for themselves (`message_addresses`).
        case email
        /// The browsers that people allowed to show notices (`push_devices`).
        case devices
        /// The same for everybody: a group's robot, another system.
        case fixed(String)
    }

    package init(_ name: String, _ title: String, to address: Address, send: @escaping @Sendable (OutgoingMessage) async throws -> String?) {
        self.name = name
        self.title = title
        self.address = address
        self.send = send
    }
}

/// One message as a channel gets it.
package struct OutgoingMessage: Sendable, Equatable {
    package var key: String
    package var address: String
    package var title: String
    package var text: String
    package var at: Moment

    package init(key: String, address: String, title: String, text: String, at: Moment) {
        self.key = key
        self.address = address
        self.title = title
        self.text = text
        self.at = at
    }
}

/// How an HTTP call is made; handed in by the App, because engines open no connections.
package typealias HTTPCall = @Sendable (_ url: String, _ headers: [(String, String)], _ body: [UInt8]) async throws -> (status: Int, body: [UInt8])

/// A gateway for short messages that takes an HTTP POST, as a declaration: address, headers and body with `{phone}`, `{text}`, `{key}`, and the word a good answer holds.
package struct SMSGateway: Sendable, Equatable {
    package var url: String
    package var headers: [String: String]
    package var body: String
    package var success: String

    package init(
        url: String, headers: [String: String] = ["Content-Type": "application/json"], body: String = #"{"phone":"{phone}","content":"{text}","id":"{key}"}"#, success: String = ""
    ) {
        self.url = url
        self.headers = headers
        self.body = body
        self.success = success
    }

    /// `sms.json` in the data directory: `{"url": …, "headers": {…}, "body": …, "success": …}`.
    ///
    /// - Throws: `.invalid` `JW-MS01` for a file that is no such object.
    package init(json: JSONValue) throws {
        guard let url = json["url"]?.string, url.hasPrefix("http://") || url.hasPrefix("https://") else { throw Failure(.invalid, "JW-MS01", "短信网关配置缺少 url") }
        self.init(url: url)
        if let members = json["headers"]?.object?.members { headers = members.reduce(into: [:]) { $0[$1.name] = $1.value.string } }
        if let body = json["body"]?.string { self.body = body }
        success = json["success"]?.string ?? ""
    }

    /// - Throws: `.unavailable` `JW-MS02` for any answer but a good one: the delivery is tried again.
    package func channel(_ call: @escaping HTTPCall) -> MessageChannel {
        MessageChannel("sms", "短信", to: .phone) { message in
            let values = ["phone": escaped(message.address), "text": escaped(message.text), "key": escaped(message.key)]
            let body = MessageTemplate.filled(self.body, values)
            let answer = try await call(url, headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, Array(body.utf8))
            let said = String(decoding: answer.body.prefix(500), as: UTF8.self)
            guard (200..<300).contains(answer.status), success.isEmpty || said.contains(success) else {
                throw Failure(.unavailable, "JW-MS02", "短信网关未接受", cause: "\(answer.status) \(said)")
            }
            return String(said.prefix(200))
        }
    }

    /// As inside a JSON string.
    private func escaped(_ text: String) -> String { String(JSONValue.string(text).text.dropFirst().dropLast()) }
}

/// Writes messages into a file instead of sending them: for development and for trials. One line a message, JSON.
package final class FileChannel: Sendable {
    private let path: String
    private let lock = Mutex(())

    package init(path: String) { self.path = path }

    package var channel: MessageChannel {
        MessageChannel("sms", "短信（写入文件）", to: .phone) { [self] message in
            let line: JSONValue = ["key": .string(message.key), "to": .string(message.address), "text": .string(message.text), "at": .string(message.at.rfc3339)]
            try lock.withLock { _ in
                if !FileManager.default.fileExists(atPath: path) { _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) }
                guard let handle = FileHandle(forWritingAtPath: path) else { throw Failure(.unavailable, "JW-MS03", "短信文件无法写入", cause: path) }
                defer { try? handle.close() }
                try handle.seekToEnd()
                try handle.write(contentsOf: Data((line.text + "\n").utf8))
            }
            return nil
        }
    }
}

/// Another system that wants to hear: a POST of JSON, signed with HMAC-SHA256 over time and body (`X-Jianwei-Time`, `X-Jianwei-Signature`).
package struct SignedWebhook: Sendable {
    package var url: String
    package var secret: String

    package init(url: String, secret: String) {
        self.url = url
        self.secret = secret
    }

    package func channel(_ call: @escaping HTTPCall) -> MessageChannel {
        MessageChannel("webhook", "外部系统推送", to: .fixed(url)) { message in
            let body: JSONValue = ["id": .string(message.key), "title": .string(message.title), "text": .string(message.text), "at": .string(message.at.rfc3339)]
            let time = String(message.at.milliseconds)
            let signature = HMAC.tag(.sha256, key: Array(secret.utf8), over: Array((time + "\n" + body.text).utf8)).hex
            let headers = [("Content-Type", "application/json"), ("Idempotency-Key", message.key), ("X-Jianwei-Time", time), ("X-Jianwei-Signature", signature)]
            let answer = try await call(url, headers, Array(body.text.utf8))
            guard (200..<300).contains(answer.status) else { throw Failure(.unavailable, "JW-MS04", "外部系统未接收", cause: "\(answer.status)") }
            return nil
        }
    }
}

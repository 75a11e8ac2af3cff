import Kernel

/// Where the pictures of a camera come from, ready to be asked for.
package struct VideoSource: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// Scheme, host as a numeric address that was admitted, path; account where one is needed.
        case camera(CameraAddress, host: String, user: String?, password: String?)
        /// Made by ffmpeg itself, for demonstrations: a moving picture with a clock and these words.
        case pattern(title: String, number: Int)
    }

    package var id: Int64
    package var name: String
    package var kind: Kind

    package init(id: Int64, name: String, kind: Kind) {
        self.id = id
        self.name = name
        self.kind = kind
    }
}

/// `rtsp://10.1.2.3:554/Streaming/Channels/102`: an address without account. Source: RFC 2326 §3.2.
package struct CameraAddress: Sendable, Equatable {
    package let isTLS: Bool
    package let host: String
    package let port: Int
    /// Path and query, with the leading slash.
    package let path: String

    /// - Throws: what is wrong with the text, as a finding of a form says it.
    package init(_ text: String) throws(CameraAddressFault) {
        guard text.utf8.count <= 500, text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else { throw .characters }
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, ["rtsp", "rtsps"].contains(parts[0].lowercased()) else { throw .scheme }
        isTLS = parts[0].lowercased() == "rtsps"
        let slash = parts[1].firstIndex { $0 == "/" || $0 == "?" } ?? parts[1].endIndex
        let authority = parts[1][..<slash], rest = parts[1][slash...]
        guard !authority.contains("@") else { throw .account }
        guard !rest.contains(where: { "'\"\\|<>`^{}#".contains($0) }) else { throw .characters }
        let named = try Self.hostAndPort(authority)
        host = named.host
        port = named.port ?? (isTLS ? 322 : 554)
        guard (1...65_535).contains(port) else { throw .port }
        path = rest.hasPrefix("/") ? String(rest) : "/" + rest
    }

    private static func hostAndPort(_ authority: Substring) throws(CameraAddressFault) -> (host: String, port: Int?) {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw .host }
            let host = authority[authority.index(after: authority.startIndex)..<end], rest = authority[authority.index(after: end)...]
            guard !host.isEmpty, host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }), rest.isEmpty || rest.hasPrefix(":") else { throw .host }
            return (String(host), try port(rest.dropFirst()))
        }
        let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let host = parts.first, !host.isEmpty, host.utf8.count <= 253, host.first != "-",
            host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") })
        else {
            throw .host
        }
        return (String(host), parts.count > 1 ? try port(parts[1]) : nil)
    }

    private static func port(_ text: Substring) throws(CameraAddressFault) -> Int? {
        if text.isEmpty { return nil }
        guard text.utf8.count <= 5, text.allSatisfy(\.isASCII), let port = Int(text), port > 0 else { throw .port }
        return port
    }

    /// The address as it is written, without account.
    package var text: String { "\(isTLS ? "rtsps" : "rtsp")://\(host.contains(":") ? "[\(host)]" : host):\(port)\(path)" }

    /// The whole address for the tool alone: never in a log, an argument or an answer.
    func secret(host: String, user: String?, password: String?) -> String {
        let account = user.map { "\(Self.escaped($0)):\(Self.escaped(password ?? ""))@" } ?? ""
        return "\(isTLS ? "rtsps" : "rtsp")://\(account)\(host.contains(":") ? "[\(host)]" : host):\(port)\(path)"
    }

    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.map { byte -> String in
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 46 || byte == 95 || byte == 126
            return isPlain ? String(UnicodeScalar(byte)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
    }
}

/// What may be wrong with an address that somebody typed.
package enum CameraAddressFault: Error, Sendable, Equatable, CaseIterable {
    case scheme, host, port, account, characters

    package var message: String {
        switch self {
        case .scheme: "应以 rtsp:// 或 rtsps:// 开头"
        case .host: "主机应为 IP 地址或域名"
        case .port: "端口应为 1 至 65535"
        case .account: "地址中不得包含用户名和密码，请在“取流账号”中填写"
        case .characters: "应为不超过 500 个英文字符，不含空格和引号"
        }
    }
}

import Cryptography
import Kernel

/// What a signed request's signature covers (interfaces/gate.md, Signature).
package enum SignatureCanon {
    /// `METHOD "\n" path-with-query "\n" timestamp "\n" nonce "\n" lowercase-hex(SHA-256(body))`, in UTF-8.
    package static func bytes(method: String, pathWithQuery: String, timestamp: String, nonce: String, bodySHA256hex: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(method.utf8.count + pathWithQuery.utf8.count + timestamp.utf8.count + nonce.utf8.count + bodySHA256hex.utf8.count + 4)
        bytes.append(contentsOf: method.utf8)
        bytes.append(10)
        bytes.append(contentsOf: pathWithQuery.utf8)
        bytes.append(10)
        bytes.append(contentsOf: timestamp.utf8)
        bytes.append(10)
        bytes.append(contentsOf: nonce.utf8)
        bytes.append(10)
        bytes.append(contentsOf: bodySHA256hex.utf8)
        return bytes
    }
}

/// The parts of a request that its signature is checked by, as they came.
package struct SignedRequest: Sendable {
    package var method: String
    /// As sent, still percent-encoded.
    package var pathWithQuery: String
    /// `X-Timestamp`: milliseconds since 1970, in decimal.
    package var timestamp: String?
    /// `X-Nonce`: 16…64 characters.
    package var nonce: String?
    /// `X-Sign-Type`: `RSA2` or `SM2`.
    package var signType: String?
    /// `X-Sign`, Base64.
    package var signature: String?
    package var bodySHA256: Digest

    package init(method: String, pathWithQuery: String, timestamp: String?, nonce: String?, signType: String?, signature: String?, bodySHA256: Digest) {
        self.method = method
        self.pathWithQuery = pathWithQuery
        self.timestamp = timestamp
        self.nonce = nonce
        self.signType = signType
        self.signature = signature
        self.bodySHA256 = bodySHA256
    }
}

/// Why a request is not believed. `code` is the interface's; `reason` is for the log and the client's own support, and tells nothing about others.
package enum ClientRefusal: Error, Sendable, Equatable {
    case noToken(reason: String)
    case badSignature(reason: String)
    case staleTimestamp(reason: String)
    case nonceReplayed

    /// 40101…40104 of interfaces/gate.md.
    package var code: String {
        switch self {
        case .noToken: "40101"
        case .badSignature: "40102"
        case .staleTimestamp: "40103"
        case .nonceReplayed: "40104"
        }
    }

    package var message: String {
        switch self {
        case .noToken(let reason): "令牌缺失或已失效：\(reason)"
        case .badSignature(let reason): "签名无效：\(reason)"
        case .staleTimestamp(let reason): "时间戳无效：\(reason)"
        case .nonceReplayed: "随机串 X-Nonce 已经用过"
        }
    }

    package var failure: Failure { Failure(.unauthenticated, code, message) }
}

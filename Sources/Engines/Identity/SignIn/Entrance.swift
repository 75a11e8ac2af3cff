/// What somebody proved themselves with.
package enum SignInMethod: String, Sendable, CaseIterable {
    case password, sms, qr, certificate, key, provider

    package var title: String {
        switch self {
        case .password: "密码"
        case .sms: "短信验证码"
        case .qr: "扫码"
        case .certificate: "数字证书"
        case .key: "密钥签名"
        case .provider: "外部账号"
        }
    }
}

/// From where somebody comes in, and how.
package struct Entrance: Sendable {
    package var address: String
    package var agent: String
    /// The secret of the computer's own cookie; nil where it has none.
    package var device: String?
    var method: SignInMethod
    /// The row of the certificate or key that was used.
    var certificate: Int64?

    package init(address: String, agent: String, device: String? = nil) {
        self.address = address
        self.agent = agent
        self.device = device
        method = .password
    }

    func by(_ method: SignInMethod, certificate: Int64? = nil) -> Entrance {
        var copy = self
        copy.method = method
        copy.certificate = certificate
        return copy
    }
}

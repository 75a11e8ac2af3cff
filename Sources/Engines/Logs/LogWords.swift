/// How grave a line says it is (RFC 5424, table 2): 0 is the worst.
package enum LogSeverity: Int, Sendable, CaseIterable {
    case emergency, alert, critical, error, warning, notice, information, debug

    package var title: String {
        switch self {
        case .emergency: "紧急"
        case .alert: "警报"
        case .critical: "严重"
        case .error: "错误"
        case .warning: "警告"
        case .notice: "通知"
        case .information: "信息"
        case .debug: "调试"
        }
    }

    private static let words: [String: LogSeverity] = [
        "emerg": .emergency, "emergency": .emergency, "panic": .emergency, "alert": .alert, "crit": .critical, "critical": .critical, "fatal": .critical, "high": .critical,
        "err": .error, "error": .error, "warn": .warning, "warning": .warning, "medium": .warning, "notice": .notice, "low": .notice, "info": .information,
        "informational": .information, "information": .information, "debug": .debug, "紧急": .emergency, "警报": .alert, "严重": .critical, "高": .critical, "高危": .critical, "错误": .error,
        "警告": .warning, "中": .warning, "中危": .warning, "通知": .notice, "低": .notice, "低危": .notice, "信息": .information, "调试": .debug,
    ]

    /// A number 0...7 or a word devices use, of either case; nil for anything else.
    package init?(word: String) {
        if let number = Int(word) {
            self.init(rawValue: number)
        } else if let known = Self.words[word.lowercased()] {
            self = known
        } else {
            return nil
        }
    }
}

/// What part of a machine speaks (RFC 5424, table 1).
package enum LogFacility {
    package static let titles = [
        "内核", "用户程序", "邮件", "系统服务", "认证授权", "syslog", "打印", "新闻", "UUCP", "定时任务", "认证授权（私有）", "FTP", "NTP", "审计", "告警", "时钟", "local0", "local1",
        "local2", "local3", "local4", "local5", "local6", "local7",
    ]

    package static func title(_ number: Int) -> String { titles.indices.contains(number) ? titles[number] : "\(number)" }
}

/// What kind of machine speaks.
package enum LogSourceKind: String, Sendable, CaseIterable {
    case firewall, intrusion, web, antivirus, host, network, database, application, other

    package var title: String {
        switch self {
        case .firewall: "防火墙"
        case .intrusion: "入侵检测与防御"
        case .web: "Web 应用防护"
        case .antivirus: "防病毒"
        case .host: "服务器"
        case .network: "网络设备"
        case .database: "数据库与审计设备"
        case .application: "应用系统"
        case .other: "其他"
        }
    }
}

/// How a line came.
package enum LogWay: String, Sendable, CaseIterable {
    case udp, tcp, tls, file

    package var title: String {
        switch self {
        case .udp: "UDP"
        case .tcp: "TCP"
        case .tls: "TLS"
        case .file: "文件"
        }
    }
}

/// The fields into which rules put what they read; those with a column can be searched.
package enum LogField: String, Sendable, CaseIterable {
    case sourceAddress, targetAddress, account, act, object, result, threat, severity, time, host, app

    package var title: String {
        switch self {
        case .sourceAddress: "源地址"
        case .targetAddress: "目的地址"
        case .account: "账号"
        case .act: "动作"
        case .object: "对象"
        case .result: "结果"
        case .threat: "威胁名称"
        case .severity: "级别"
        case .time: "时间"
        case .host: "主机"
        case .app: "程序"
        }
    }

    /// Nil where the value changes the line's own part, such as its time.
    package var column: String? {
        switch self {
        case .sourceAddress: "src_address"
        case .targetAddress: "dst_address"
        case .account: "account"
        case .act: "act"
        case .object: "object"
        case .result: "result"
        case .threat: "threat"
        case .severity, .time, .host, .app: nil
        }
    }

    package static let searchable: [LogField] = [.sourceAddress, .targetAddress, .account, .act, .object, .result, .threat]
}

import Features
import Identity
import Kernel
import Logs
import Storage

/// Logs of the demonstration: four devices, three rules, a day of lines read by them. All marked 演示; addresses are those of documentation (RFC 5737).
struct DemoLogs: Sendable {
    let platform: Platform

    private static let writer = Principal.system("安全管理员（演示）")
    private static let devices: [(name: String, address: String, kind: LogSourceKind)] = [
        ("边界防火墙（演示）", "192.0.2.1", .firewall), ("入侵防御（演示）", "192.0.2.2", .intrusion), ("门禁应用服务器（演示）", "192.0.2.11", .host), ("核心交换机（演示）", "192.0.2.254", .network),
    ]

    func install() async throws {
        guard try await platform.database.read({ try $0.first("SELECT 1 FROM log_sources LIMIT 1") }) == nil else { return }
        let logs = platform.logs
        try await platform.database.write { tx in
            for device in Self.devices {
                try logs.keepSource(nil, name: device.name, address: device.address, kind: device.kind, isOn: true, note: "演示数据", by: Self.writer, in: tx)
            }
            for (index, rule) in Self.rules.enumerated() {
                try logs.keepRule(nil, title: rule.title, position: Int64(index + 1) * 10, isOn: true, source: nil, body: rule.body, by: Self.writer, in: tx)
            }
        }
        try await logs.write(lines())
    }

    private static var rules: [(title: String, body: LogRule.Body)] {
        var attack = LogRule.Body()
        attack.kind = .pattern
        attack.contains = "ips"
        attack.pattern = "attack=\"(?<threat>[^\"]+)\" src=(?<src>[0-9.]+) dst=(?<dst>[0-9.]+) level=(?<level>\\w+)"
        attack.mapping = ["threat": .threat, "src": .sourceAddress, "dst": .targetAddress, "level": .severity]
        attack.isEvent = true
        var login = LogRule.Body()
        login.kind = .pattern
        login.contains = "password"
        login.pattern = "(?<result>Failed|Accepted) password for (?<user>\\S+) from (?<ip>[0-9.]+)"
        login.mapping = ["result": .result, "user": .account, "ip": .sourceAddress]
        var policy = LogRule.Body()
        policy.mapping = ["src": .sourceAddress, "dst": .targetAddress, "action": .act, "user": .account]
        return [("入侵防御告警（演示）", attack), ("SSH 登录（演示）", login), ("防火墙策略日志（演示）", policy)]
    }

    /// The same for every demonstration.
    private func lines() -> [LogArrival] {
        var random = SplitMix64(seed: 20_261_122)
        let now = platform.clock.now, minutes = max(now.minuteOfDay, 60)
        return (0..<600).map { number in
            let at = now.adding(seconds: -Int64(random.next() % UInt64(minutes * 60)))
            let choice = Int(random.next() % 20), last = Int(random.next() % 6) + 2
            let (device, text) = Self.line(choice, last, number, at)
            return LogArrival(address: Self.devices[device].address, bytes: Array(text.utf8), way: .udp, at: at)
        }.sorted { $0.at < $1.at }
    }

    private static func line(_ choice: Int, _ last: Int, _ number: Int, _ at: Moment) -> (device: Int, text: String) {
        let time = at.rfc3339
        switch choice {
        case 0: return (1, "<129>1 \(time) ips01 ips - - - ips attack=\"SQL 注入（演示）\" src=203.0.113.\(last) dst=192.0.2.11 level=high")
        case 1, 2: return (2, "<38>1 \(time) gate01 sshd \(number) - - Failed password for root from 198.51.100.\(last) port 4\(last)22 ssh2（演示）")
        case 3: return (2, "<38>1 \(time) gate01 sshd \(number) - - Accepted password for zhangwei from 192.0.2.2\(last) port 50\(last)1 ssh2（演示）")
        case 4: return (3, "<139>1 \(time) core01 link - - - GigabitEthernet0/\(last) changed state to down（演示）")
        case 5, 6: return (3, "<142>1 \(time) core01 link - - - GigabitEthernet0/\(last) changed state to up（演示）")
        case 7, 8, 9: return (0, "<132>1 \(time) fw01 policy - - - action=deny src=198.51.100.\(last) dst=192.0.2.11 dport=22 note=演示")
        default: return (0, "<134>1 \(time) fw01 policy - - - action=permit src=192.0.2.\(last + 20) dst=192.0.2.11 dport=443 note=演示")
        }
    }
}

import Alarms
import Features
import Identity
import Kernel
import Ledgers
import Storage

/// A-22 计算机管理, D17.9.7 入网设备登记: computers and devices that may stand in the inner network, each bound to its addresses.
enum AdmittedDevice {
    static let ledger = LedgerDeclaration(
        id: "A-22", name: "admittedDevice", title: "计算机与入网设备", titleEN: "Admitted devices", group: SecurityMenu.group, ownedBy: .authority, uniqueBy: ["mac"], titleField: "title",
        fields: [
            .text("title", "设备名称", length: 2...80, marks: [.required, .searchable]),
            .text("mac", "MAC 地址", length: 12...17, marks: [.required, .searchable, .indexed]).hint("如 00-1A-2B-3C-4D-5E"),
            .text("address", "绑定 IP", length: 2...60, marks: [.required, .searchable, .indexed]), .text("holder", "使用人", length: 2...30, marks: [.required, .searchable]),
            .text("unit", "使用单位", length: 2...80, marks: [.required, .searchable, .filterable]), .text("place", "位置", length: 1...80), .text("system", "操作系统", length: 1...60),
            .bool("mayHaveTwoNets", "允许多网卡", marks: [.filterable]), .bool("mayGoOut", "允许访问互联网", marks: [.filterable]),
            .day("admittedOn", "备案日期", check: .notFuture, marks: [.required, .sortable]), .day("validTo", "有效期至", marks: [.sortable]),
            .code("state", "状态", from: .admittedState, marks: [.required, .filterable, .groupable]).fallback("inUse"),
        ])
}

/// D17.9.7 非法接入与外联: what admission control reports over `POST /api/v1/rogueAccess` or by hand, set beside the register; what came of it is filled in.
package enum RogueAccess {
    static let ledger = LedgerDeclaration(
        id: "D17.9.7-1", name: "rogueAccess", title: "非法接入与外联", titleEN: "Rogue access", group: SecurityMenu.group, ownedBy: .authority, titleField: "address",
        sortedBy: [.init("at", descending: true)], timeField: "at",
        fields: [
            .moment("at", "时间", check: .notFuture, marks: [.required, .filterable, .sortable]), .code("kind", "事件", from: .rogueKind, marks: [.required, .filterable, .groupable]),
            .text("address", "IP 地址", length: 2...60, marks: [.required, .searchable, .filterable]), .text("mac", "MAC 地址", length: 12...17, marks: [.searchable]),
            .text("place", "接入位置", length: 1...100).hint("交换机与端口"), .text("target", "外联目标", length: 1...200), .text("device", "上报设备", length: 1...80, marks: [.filterable]),
            .code("verdict", "核对结果", from: .rogueVerdict, marks: [.readOnly, .filterable, .groupable]).section("与登记核对"),
            .text("owner", "登记的使用人", length: 1...120, marks: [.readOnly]).section("与登记核对"), .bool("isBlocked", "已阻断", marks: [.filterable]).section("处置"),
            .text("located", "定位结果", length: 1...200).section("处置"), .note("handling", "处置情况", length: 0...1000).section("处置"),
            .day("closedOn", "办结日期", check: .notFuture, marks: [.sortable]).section("处置"),
        ])

    static let alarm = AlarmKind("rogueAccess", "非法接入与外联", "Rogue access", grade: .heavier, mergeWindow: 3600)

    /// What the register says of a device.
    package struct Entry: Sendable {
        package var address: String
        package var mayHaveTwoNets: Bool
        package var mayGoOut: Bool
        package var isCurrent: Bool

        package init(address: String, mayHaveTwoNets: Bool = false, mayGoOut: Bool = false, isCurrent: Bool = true) {
            self.address = address
            self.mayHaveTwoNets = mayHaveTwoNets
            self.mayGoOut = mayGoOut
            self.isCurrent = isCurrent
        }
    }

    /// `unknown`: not registered, `ended`: its time is over, `moved`: another address than the bound one, `forbidden`: registered but not for this, `allowed`.
    package static func verdict(_ kind: String, at address: String, _ entry: Entry?) -> String {
        guard let entry else { return "unknown" }
        guard entry.isCurrent else { return "ended" }
        switch kind {
        case "outside": return entry.mayGoOut ? "allowed" : "forbidden"
        case "twoNets": return entry.mayHaveTwoNets ? "allowed" : "forbidden"
        default: return entry.address == address ? "allowed" : "moved"
        }
    }

    /// Written in any manner, `00-1a-2b-…`, `001A.2B3C.…`: as it is compared.
    package static func plain(mac: String) -> String { String(mac.uppercased().filter(\.isHexDigit)) }

    static func register(on platform: Platform) {
        let (alarms, clock) = (platform.alarms, platform.clock)
        platform.ledgers.onPrepare(of: AdmittedDevice.ledger.name) { draft, _, _, _ in
            guard let mac = draft.values["mac"]?.string else { return }
            let plain = plain(mac: mac)
            guard plain.count == 12 else { throw Failure.invalid([FieldFinding("mac", "format", "须为 12 位十六进制数", title: "MAC 地址")]) }
            draft.values["mac"] = .string(plain)
        }
        platform.ledgers.onPrepare(of: ledger.name) { draft, before, _, tx in
            func text(_ name: String) -> String { draft.values[name]?.string ?? before?.values[name]?.text ?? "" }
            let mac = plain(mac: text("mac")), address = text("address")
            if draft.values["mac"]?.string != nil { draft.values["mac"] = .string(mac) }
            let row = try tx.first(
                """
                SELECT holder, unit, address, may_have_two_nets, may_go_out, CASE WHEN valid_to < \(clock.today) THEN 0 ELSE 1 END AS is_current FROM admitted_device WHERE deleted_at IS NULL AND state = 'inUse' \
                AND (mac = \(mac) OR (\(mac) = '' AND address = \(address))) ORDER BY id LIMIT 1
                """)
            let entry = row.map { row in
                Entry(
                    address: row.text("address") ?? "", mayHaveTwoNets: row.bool("may_have_two_nets"), mayGoOut: row.bool("may_go_out"),
                    isCurrent: row.bool("is_current"))
            }
            draft.values["verdict"] = .string(verdict(text("kind"), at: address, entry))
            draft.values["owner"] = row.map { .string("\($0.text("holder") ?? "")，\($0.text("unit") ?? "")") } ?? .null
        }
        platform.ledgers.onChange(of: ledger.name) { change, tx in
            guard change.kind == .created, let row = change.after, let verdict = row.values["verdict"]?.text, verdict != "allowed" else { return }
            let address = row.values["address"]?.text ?? ""
            let words = ["intrude": "接入内网", "outside": "私自外联", "twoNets": "同时接入两个网络"][row.values["kind"]?.text ?? ""] ?? "异常接入"
            let owner = row.values["owner"]?.text.map { "，登记使用人 \($0)" } ?? "，未登记"
            let text = "\(address) \(words)\(owner)"
            let signal = AlarmSignal(
                kind: alarm.name, org: nil, area: row.area, subject: address, occurredAt: row.values["at"]?.int.map { Moment(milliseconds: $0) } ?? row.createdAt,
                title: String(text.prefix(200)), facts: ["event": .int(row.id), "verdict": .string(verdict)], reasons: [AlarmReason("rogueAccess", String(text.prefix(200)))],
                grade: verdict == "unknown" ? .severe : .heavier, source: AlarmSource("ledger:rogueAccess", row.id))
            _ = try alarms.raise(signal, by: .system("入网管控接入"), in: tx)
        }
    }
}

import Exchange
import Features
import Hummingbird
import Kernel
import Ledgers
import MobileSources
import Storage
import Web

/// How a maintenance unit and its keys look, to the supervisor and to itself.
enum UnitFace {
    static func badge(_ state: String) -> Badge {
        let tones: [String: Tone] = ["applied": .info, "approved": .good, "suspended": .orange, "expired": .orange, "revoked": .red, "rejected": .orange]
        return Badge(GateCodes.unitState.title(of: state), tones[state] ?? .muted, isDot: true)
    }

    /// The last day, with how near it is.
    static func validity(_ unit: Record, today: Day) -> Markup {
        let state = unit[MaintenanceUnit.state] ?? "applied"
        guard let day = unit[MaintenanceUnit.validTo] else { return "<span class=\"muted\">\(state == "approved" ? "长期" : "—")</span>" }
        let left = day.daysSince1970 - today.daysSince1970
        if left < 0 { return "\(day) \(Badge("已到期", .orange))" }
        if state == "approved", left <= AccreditationDesk.warningDays { return "\(day) \(Badge(left == 0 ? "今日到期" : "\(left) 天后到期", .yellow))" }
        return "\(day)"
    }

    /// Four digits a group, so that two people can read it to each other.
    static func grouped(_ fingerprint: String) -> String {
        var out = ""
        for (index, character) in fingerprint.enumerated() {
            if index > 0, index % 4 == 0 { out.append(" ") }
            out.append(character)
        }
        return out
    }

    /// - Parameter revokePath: where a key is revoked; nil shows no button.
    static func keyTable(_ keys: [SignedClientKey], uses: [String: Moment], snapshot: GateRegistry.Snapshot, now: Moment, revokePath: ((Int64) -> String)?, _ context: WebContext)
        -> Markup
    {
        let columns = [
            Column("site", "企业", isWrapping: true), Column("kind", "算法"), Column("print", "指纹", isWrapping: true), Column("state", "状态"), Column("from", "登记时间"),
            Column("by", "登记人"), Column("use", "企业最近接入"),
        ]
        let rows = keys.reversed().map { key -> TableRow in
            let site = snapshot.orgByCode[key.objectCode].flatMap { snapshot.enterprises[$0]?.name } ?? key.objectCode
            let ask = "吊销后，\(site)的门禁系统用此密钥立即不能再上传数据，且不能恢复。确定吊销？"
            var revoke: Markup = .empty
            if key.state == .active, let path = revokePath?(key.id) { revoke = "\(ActionButton("吊销", .post(path, confirm: ask), style: .quiet))" }
            let cells: [Markup] = [
                "\(site)<br><small class=\"mono\">\(key.objectCode)</small>", "\(key.kind)", "<span class=\"fingerprint\">\(grouped(key.fingerprint))</span>",
                "\(key.obstacle(at: now).map { Badge($0, .muted) } ?? Badge("有效", .good))", "\(key.validFrom)", "\(key.addedBy)",
                uses[key.objectCode].map { "\($0)" } ?? "<span class=\"muted\">未接入</span>",
            ]
            return TableRow(id: String(key.id), cells, actions: revoke)
        }
        return "\(DataTable(id: "keys", columns: columns, rows: rows, address: context.here, empty: "还没有登记公钥，门禁系统不能接入", hasTools: false))"
    }

    /// Links to what was handed in.
    static func materials(_ unit: Record, path: (String) -> String) -> Markup {
        let files = unit.files(named: MaintenanceUnit.materials)
        guard !files.isEmpty else { return "<span class=\"muted\">未上传</span>" }
        return .joined(files.map { file -> Markup in "<a href=\"\(path(file.sha256))\" download>\(file.name.isEmpty ? "附件" : file.name)</a>" }, by: "<br>")
    }

    static func asked(_ unit: Record) -> [String] { (unit[MaintenanceUnit.askedFor] ?? "").split { $0 == "," || $0 == " " }.map(String.init) }
}

/// When the gates of each enterprise last asked for a token, from the audit book.
enum KeyUse {
    /// - Returns: keys are numbers of enterprises.
    static func read(_ codes: [String], in reader: any Reader) throws -> [String: Moment] {
        var uses: [String: Moment] = [:]
        for code in Set(codes).prefix(100) {
            if let at = try reader.value("SELECT at FROM audit WHERE object_kind = 'gateToken' AND object_id = \(code) ORDER BY day DESC, id DESC LIMIT 1")?.int {
                uses[code] = Moment(milliseconds: at)
            }
        }
        return uses
    }
}

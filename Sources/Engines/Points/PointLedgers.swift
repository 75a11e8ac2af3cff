import Alarms
import Identity
import Kernel
import Ledgers
import Storage

extension DictionaryName {
    package static let pointKind = DictionaryName("pointKind")
    package static let pointUse = DictionaryName("pointUse")
    package static let pointUnitClass = DictionaryName("pointUnitClass")
    package static let pointDeviceClass = DictionaryName("pointDeviceClass")
}

/// Code tables of points and their devices.
package enum PointCodes {
    package static let dictionaries: [DictionaryDeclaration] = [
        DictionaryDeclaration(.pointKind, "监测点类型", PointKind.allCases.map { CodeItem($0.rawValue, $0.title, $0.titleEN) }, source: "requirements D9.3.5、D17.15.3"),
        DictionaryDeclaration(
            .pointUse, "监测点使用状态",
            [
                CodeItem("inUse", "在用", "In use"), CodeItem("disused", "停用", "Disused"), CodeItem("maintenance", "检修", "Maintenance"), CodeItem("testing", "测试", "Testing"),
            ], source: "requirements D9.3.7"),
        DictionaryDeclaration(.pointUnitClass, "所在单元类别", PointAlarms.units.map { CodeItem($0.name, $0.title, $0.name) }, source: "requirements D9.7.1"),
        DictionaryDeclaration(
            .pointDeviceClass, "监测设备类别",
            [
                CodeItem("01", "危险源关键安全参数", "Major hazard"), CodeItem("02", "企业有毒可燃", "Enterprise gas"), CodeItem("03", "停车场有毒可燃", "Parking gas"),
                CodeItem("04", "易燃易爆气体", "Explosive gas"),
                CodeItem("05", "公共管线", "Pipelines"), CodeItem("06", "公用工程", "Utilities"), CodeItem("07", "机房动环", "Machine room"), CodeItem("99", "其他", "Other"),
            ], source: "requirements D9.3.5"),
    ]
}

/// D9.3.4 设备资产树: one row is one device with the plant (装置、单元) and zone (区域) in which it stands; plant, zone and device are the branches on which points hang.
package enum MonitoringDevice {
    package static let ledger = LedgerDeclaration(
        id: "D9.3.4", name: "monitoringDevice", title: "监测设备", titleEN: "Monitoring devices", group: PointLedgers.group, ownedBy: .enterprise, uniqueBy: ["org", "code"],
        titleField: "name",
        fields: [
            .text("name", "设备名称", length: 2...60, marks: [.required, .searchable]),
            .text("code", "设备编码", length: 1...40, marks: [.required, .searchable]),
            .code("deviceClass", "设备类别", from: .pointDeviceClass, marks: [.required, .filterable, .groupable]),
            .text("plant", "所属装置或单元", length: 1...60, marks: [.required, .searchable, .filterable, .groupable]),
            .text("zone", "区域", length: 1...60, marks: [.searchable, .filterable, .groupable]),
            .text("maker", "生产厂家", length: 1...60, marks: [.unlisted]),
            .text("model", "规格型号", length: 1...60, marks: [.unlisted]),
            .day("installedOn", "投用日期", check: .notFuture, marks: [.filterable, .sortable]),
            .location("position", "位置"),
            .note("remarks", "备注", length: 0...500, marks: [.unlisted]),
        ])
}

/// D9.3.5 监测点位与指标: one row is one measured quantity with its limits; its values come over `POST /api/v1/points/values` under its code.
package enum MonitoringPoint {
    package static let ledger = LedgerDeclaration(
        id: "D9.3.5", name: "monitoringPoint", title: "监测点台账", titleEN: "Monitoring points", group: PointLedgers.group, ownedBy: .enterprise, uniqueBy: ["code"],
        titleField: "name",
        fields: [
            .text("code", "点位编码", length: 1...64, marks: [.required, .searchable, .immutable]).hint("位号，全平台唯一，上报数据时使用"),
            .text("name", "点位名称", length: 2...60, marks: [.required, .searchable]),
            .reference("device", "所属设备", to: MonitoringDevice.ledger.name, marks: [.filterable]),
            .code("kind", "监测类型", from: .pointKind, marks: [.required, .filterable, .groupable]),
            .text("unit", "计量单位", length: 1...12, marks: [.filterable]).hint("如 %LEL、ppm、℃、MPa"),
            .text("substance", "监测物质", length: 1...40, marks: [.searchable]),
            .code("unitClass", "所在单元类别", from: .pointUnitClass, marks: [.filterable, .groupable]),
            .decimal("rangeLow", "量程下限", places: 4, -1_000_000_000...1_000_000_000, marks: [.unlisted]).section("量程与采集"),
            .decimal("rangeHigh", "量程上限", places: 4, -1_000_000_000...1_000_000_000, marks: [.unlisted]).section("量程与采集"),
            .integer("places", "显示小数位", 0...6, marks: [.required, .unlisted]).fallback("2").section("量程与采集"),
            .integer("period", "采集周期", 1...86_400, unit: "秒", marks: [.required, .unlisted]).fallback("60").section("量程与采集"),
            .decimal("deviation", "压缩偏差", places: 4, 0...1_000_000, marks: [.unlisted]).hint("两侧数值连线之内的数值不保存；0 为全部保存").section("量程与采集"),
            .integer("offlineAfter", "离线时限", 0...86_400, unit: "秒", marks: [.required, .unlisted]).fallback("300").hint("0 为不判离线").section("量程与采集"),
            .integer("keepDays", "数据保存", 15...3650, unit: "天", marks: [.required, .unlisted]).fallback("730").section("量程与采集"),
            .decimal("lowLow", "低低报", places: 4, -1_000_000_000...1_000_000_000).section("报警限值"),
            .decimal("low", "低报", places: 4, -1_000_000_000...1_000_000_000).section("报警限值"),
            .decimal("high", "高报（一级）", places: 4, -1_000_000_000...1_000_000_000).hint("可燃 %LEL、有毒 %OEL、氧气 %VOL 全部留空时按 GB/T 50493 取值").section("报警限值"),
            .decimal("highHigh", "高高报（二级）", places: 4, -1_000_000_000...1_000_000_000).section("报警限值"),
            .decimal("rate", "变化率", places: 4, 0...1_000_000_000, unit: "每分钟", marks: [.unlisted]).section("报警限值"),
            .integer("delay", "报警延时", 0...3600, unit: "秒", marks: [.required, .unlisted]).fallback("0").section("报警限值"),
            .decimal("band", "回差", places: 4, 0...1_000_000_000, marks: [.unlisted]).hint("数值退回限值以内这么多才算恢复").section("报警限值"),
            .text("formula", "计算公式", length: 1...500, marks: [.unlisted]).hint("仅计算点位填写，如 ({TI-101} + {TI-102}) / 2；引用本企业的实测点位，数据到达时计算").section("计算点位"),
            .code("useState", "使用状态", from: .pointUse, marks: [.required, .filterable, .groupable]).fallback("inUse").section("使用状态"),
            .moment("useUntil", "停用、检修、测试至", marks: [.unlisted]).hint("到时自动恢复在用；留空须人工恢复").section("使用状态"),
            .note("remarks", "备注", length: 0...500, marks: [.unlisted]),
        ])

    /// What no single field can say.
    ///
    /// - Throws: `.invalid`.
    static func check(_ draft: Draft, _ before: Record?, org: Int64?, in reader: any Reader) throws {
        func number(_ name: String) -> Double? {
            guard let given = draft.values[name] else { return before?.values[name]?.double }
            return given.double ?? given.string.flatMap { Double($0) }
        }
        var findings: [FieldFinding] = []
        let limits = PointLimits(lowLow: number("lowLow"), low: number("low"), high: number("high"), highHigh: number("highHigh"), band: number("band") ?? 0)
        if let disorder = limits.disorder { findings.append(FieldFinding("high", "range", disorder, title: "报警限值")) }
        if let low = number("rangeLow"), let high = number("rangeHigh"), low >= high {
            findings.append(FieldFinding("rangeHigh", "range", "应大于量程下限", title: "量程上限"))
        }
        if let text = draft.values["formula"]?.string, !text.isEmpty { findings += try faults(ofFormula: text, draft, before, org: org, in: reader) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
    }

    private static func faults(ofFormula text: String, _ draft: Draft, _ before: Record?, org: Int64?, in reader: any Reader) throws -> [FieldFinding] {
        do {
            let formula = try PointFormula(text)
            let rows = try reader.rows(
                "SELECT code FROM monitoring_point WHERE code IN (\(list: formula.codes)) AND org = \(org) AND COALESCE(formula, '') = '' AND deleted_at IS NULL")
            let known = Set(rows.compactMap { $0.text("code") }), own = draft.values["code"]?.string ?? before?.values["code"]?.text
            let missing = formula.codes.filter { !known.contains($0) || $0 == own }
            return missing.isEmpty ? [] : [FieldFinding("formula", "unknownCode", "引用的点位不是本企业的实测点位：\(missing.joined(separator: "、"))", title: "计算公式")]
        } catch let failure as Failure where failure.kind == .invalid { return failure.fields }
    }
}

/// The ledgers of points, and who may what.
package enum PointLedgers {
    package static let group = "监测点"
    package static let all = [MonitoringDevice.ledger, MonitoringPoint.ledger]
}

/// What beyond the ledgers' own rights is asked for.
package enum PointPermission {
    /// Values and curves are seen and analysed.
    package static let read = "point.read"
    /// Values are sent in.
    package static let report = "point.report"
    /// What each source sent, and what was refused, is seen.
    package static let sources = "point.sources"

    package static let all: [PermissionDeclaration] = [
        PermissionDeclaration(read, "监测点：查看实时与历史数据", area: PointLedgers.group, defaultRoles: [.city, .county, .enterpriseAdmin, .enterpriseGuard, .gridOfficer]),
        PermissionDeclaration(report, "监测点：上报数据", area: PointLedgers.group, defaultRoles: [.city, .enterpriseAdmin]),
        PermissionDeclaration(sources, "监测点：查看接入对账", area: PointLedgers.group, defaultRoles: [.city, .admin]),
    ]
}

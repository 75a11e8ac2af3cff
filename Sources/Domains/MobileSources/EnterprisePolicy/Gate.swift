import Kernel
import Ledgers
import Storage

/// A-01 门岗: one goods entrance or exit of an enterprise, numbered by the enterprise.
///
/// Source: requirements/A-mobile-sources.md, 实体 Gate; standards/hj1321-gate.md §2.
package enum Gate {
    package static let gateNo = FieldKey<String>("gateNo")
    package static let name = FieldKey<String>("name")

    package static let ledger = LedgerDeclaration(
        id: "A-01-1",
        name: "gate",
        title: "门岗",
        titleEN: "Gates",
        group: "企业与门禁",
        ownedBy: .enterprise,
        uniqueBy: ["org", "gateNo"],
        titleField: "name",
        keptYears: nil,
        fields: [
            .text("gateNo", "出入口编号", length: 1...8, marks: [.required, .searchable, .immutable]),
            .text("name", "门岗名称", length: 1...64, marks: [.required, .searchable]),
            .integer("lanes", "车道数", 1...20).fallback("2"),
            .location("location", "位置"),
            .text("keeper", "负责人", length: 1...32, marks: [.personal, .unlisted]),
            .text("phone", "负责人电话", length: 5...20, check: .phone, marks: [.personal, .unlisted]),
            .bool("inUse", "在用", marks: [.filterable]).fallback("true"),
        ]
    )
}

/// A-01 道闸: one barrier at a gate, with its direction.
package enum Barrier {
    package static let gateNo = FieldKey<String>("gateNo")
    package static let barrierNo = FieldKey<String>("barrierNo")
    package static let direction = FieldKey<String>("direction")

    package static let ledger = LedgerDeclaration(
        id: "A-01-2",
        name: "barrier",
        title: "道闸",
        titleEN: "Barriers",
        group: "企业与门禁",
        ownedBy: .enterprise,
        uniqueBy: ["org", "gateNo", "barrierNo"],
        titleField: "name",
        keptYears: nil,
        fields: [
            .text("gateNo", "出入口编号", length: 1...8, marks: [.required, .searchable]),
            .text("barrierNo", "道闸编号", length: 1...8, marks: [.required, .searchable]),
            .text("name", "道闸名称", length: 1...64, marks: [.required]),
            .code("direction", "方向", from: .direction, marks: [.required, .filterable]),
            .text("maintainer", "运维单位", length: 1...100, marks: [.unlisted]),
            .text("maintainerContact", "运维联系人", length: 1...32, marks: [.personal, .unlisted]),
            .text("maintainerPhone", "运维联系电话", length: 5...20, check: .phone, marks: [.personal, .unlisted]),
        ]
    )
}

/// A-01 摄像头: one camera at a gate (front, body, plate or overview).
package enum Camera {
    package static let ledger = LedgerDeclaration(
        id: "A-01-3",
        name: "camera",
        title: "摄像头",
        titleEN: "Cameras",
        group: "企业与门禁",
        ownedBy: .enterprise,
        uniqueBy: ["org", "cameraNo"],
        titleField: "cameraNo",
        keptYears: nil,
        fields: [
            .text("cameraNo", "摄像头编号", length: 1...32, marks: [.required, .searchable]),
            .text("gateNo", "出入口编号", length: 1...8, marks: [.required, .searchable]),
            .text("scene", "拍摄内容", length: 1...32, marks: [.filterable]).hint("车头、车身、车牌、全景"),
            .text("channelNo", "视频通道编号", length: 1...32),
            .integer("recordDays", "录像保存天数", 0...3650, unit: "天"),
        ]
    )
}

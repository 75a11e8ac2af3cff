import Alarms
import Kernel

/// A-07 违规报警: the kinds of alarm this domain raises, and how a pass becomes a signal.
///
/// Source: requirements/A-mobile-sources.md A-07, 实体 ViolationAlarm.kind.
package enum ViolationAlarm {
    package static let excessPassed = AlarmKind("excessPassed", "排放超标车辆通行", "Listed vehicle let through", grade: .severe, mergeWindow: 1800)
    package static let strategyPassed = AlarmKind("strategyPassed", "违反管控策略通行", "Control strategy breached", grade: .heavier, mergeWindow: 1800)
    package static let unfiledPassed = AlarmKind("unfiledPassed", "未备案放行", "Unfiled vehicle let through", grade: .ordinary, mergeWindow: 1800)
    package static let gateOffline = AlarmKind("gateOffline", "门禁网络中断", "Gate off-line", grade: .heavier, closesItself: true)
    package static let equipmentFault = AlarmKind("equipmentFault", "门禁及视频设备异常", "Gate equipment fault", grade: .ordinary, closesItself: true)
    package static let dataLeak = AlarmKind("dataLeak", "过车数据漏传", "Records missing", grade: .heavier, closesItself: true)
    package static let lowTransmission = AlarmKind("lowTransmission", "数据传输率不达标", "Low transmission rate", grade: .heavier, mergeWindow: 86_400)
    package static let photoReused = AlarmKind("photoReused", "重复套用照片", "Photo used again", grade: .heavier, mergeWindow: 3600)
    package static let plateConflict = AlarmKind("plateConflict", "号牌与备案不符", "Plate does not fit filing", grade: .heavier, mergeWindow: 3600)
    package static let flowSurge = AlarmKind("flowSurge", "车流量突变", "Traffic surge", grade: .ordinary, mergeWindow: 86_400)
    package static let nightConcentration = AlarmKind("nightConcentration", "夜间集中运输", "Night concentration", grade: .ordinary, mergeWindow: 86_400)
    package static let noReduction = AlarmKind("noReduction", "响应期间未减少运输", "No cut during warning", grade: .heavier, mergeWindow: 86_400)
    package static let photoMissing = AlarmKind("photoMissing", "过车照片未上传", "Photos missing", grade: .ordinary, mergeWindow: 3600)

    package static let unauthorisedEntry = AlarmKind("unauthorisedEntry", "未授权进厂", "Entry without authorisation", grade: .heavier, mergeWindow: 1800)
    package static let clockDrift = AlarmKind("clockDrift", "门禁时钟偏差", "Gate clock drift", grade: .ordinary, closesItself: true)

    package static let kinds: [AlarmKind] = [
        excessPassed, strategyPassed, unfiledPassed, gateOffline, equipmentFault, dataLeak, lowTransmission, photoReused, plateConflict, flowSurge, nightConcentration, noReduction,
        photoMissing, clockDrift, unauthorisedEntry,
    ]

    /// The kind that a refused but lifted pass raises: the gravest of its findings.
    static func kind(for findings: [GatePassRule.Finding]) -> AlarmKind? {
        if findings.contains(where: { $0.kind == .excessListed }) { return excessPassed }
        if findings.contains(where: { $0.kind == .strategyBreached }) { return strategyPassed }
        if findings.contains(where: { $0.kind == .notFiled || $0.kind == .filingPending || $0.kind == .filingRejected }) { return unfiledPassed }
        if findings.contains(where: { [.notAuthorised, .driverMismatch, .cargoMismatch].contains($0.kind) }) { return unauthorisedEntry }
        return nil
    }

    /// The signal of one pass, with the facts it was judged by, the versions, its photos, its video reference and the recordings that are here already.
    static func signal(_ kind: AlarmKind, pass: StoredPass, clips: [PassClips.Clip] = []) -> AlarmSignal {
        var evidence: [EvidenceDraft] = []
        let photos: [(String?, String)] = [(pass.input.headPhoto, "车头照片"), (pass.input.bodyPhoto, "车身照片"), (pass.input.platePhoto, "车牌特写"), (pass.input.documentPhoto, "行驶证或随车清单")]
        for (sha256, title) in photos {
            if let sha256 { evidence.append(.photo(sha256: sha256, title: title)) }
        }
        if let camera = pass.input.videoCamera, let from = pass.input.videoFrom {
            evidence.append(.video(camera: camera, from: from, to: pass.input.videoTo ?? from.adding(seconds: 60), title: "过车视频"))
        }
        evidence += clips.map { .clip(sha256: $0.sha256, title: $0.title) }
        evidence.append(.recordings(of: PassClips.reference(org: pass.site.org, gateNo: pass.input.gateNo, serialNo: pass.input.serialNo)))
        let wasOffline = pass.findings.contains { $0.kind == .offlineDecision }
        return AlarmSignal(
            kind: kind.name, org: pass.site.org, orgName: pass.site.name, area: pass.site.county, place: pass.gateName,
            subject: pass.input.plate.text + pass.input.plateColor.rawValue,
            plate: pass.input.plate.text, occurredAt: pass.input.passedAt, title: "\(pass.input.plate.text) \(kind.title)", facts: pass.alarmFacts,
            reasons: pass.findings.map { AlarmReason($0.kind.rawValue, $0.message) },
            versions: AlarmVersions(rule: GatePassRule.version, list: pass.listVersion, strategy: pass.facts.strategy?.version), evidence: evidence,
            grade: wasOffline ? .ordinary : nil, source: AlarmSource("gatePass", pass.id))
    }
}

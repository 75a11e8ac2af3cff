import Kernel

/// The texts that go with an evidence package.
enum PackageTexts {
    /// 说明.txt: what is inside and how anybody can check it.
    static func readMe(_ subject: EvidencePackage.Subject, by exporter: PackageManifest.Exporter, at moment: Moment) -> String {
        let alarm = subject.alarm
        let missing = subject.awaited.isEmpty ? "" : "\n注意：导出时仍有 \(subject.awaited.count) 张照片未到，见 manifest.json 的 awaited。\n"
        return """
            见微 · 报警证据包

            报警号：\(alarm.number)
            类型与等级：\(subject.kindTitle)（\(alarm.grade.title)）
            状态：\(alarm.state.title)
            单位与位置：\(alarm.orgName) \(alarm.place)
            发生时间：\(alarm.occurredAt.text)（共 \(alarm.times) 次，最近 \(alarm.lastAt.text)）
            判定理由：\(alarm.reasons.map(\.message).joined(separator: "；"))
            依据版本：规则 \(version(alarm.versions.rule))，名单 \(version(alarm.versions.list))，策略 \(version(alarm.versions.strategy))
            导出：\(exporter.name)（\(exporter.organisation)）于 \(moment.text)
            \(missing)
            内容
              facts.json       报警产生时的事实，按原样保存
              facts/           合并到本报警的其余各次事实
              photos/          照片原图
              video/           视频片段，以及摄像机编号和起止时间
              documents/       补充的文档或视频片段
              timeline.csv     处理过程
              manifest.json    清单：每个文件的 SHA-256、证据链、规则与名单版本
              manifest.sha256  清单自身的 SHA-256

            核验
              一、在平台上：jianwei verify-evidence 证据包.zip
              二、在任何装有 Python 3 的电脑上，不需要联网：
                  解压后运行  python3 verify.py
                  或直接运行  python3 verify.py 证据包.zip
            两者都会逐个核对文件摘要，并按国密 SM3 重算证据链。每一项证据的链式摘要由上一项的摘要、序号、类别、标题、SHA-256、
            所属次数、加入时间（毫秒）、是否迟到（1 或 0）以换行相连后计算而得；首项之前是 SM3("jianwei-evidence/1" 换行 报警号)。
            要确认清单本身未被整体替换，请以 manifest.sha256 的内容与平台审计日志中本次导出记录的摘要比对。

            """
    }

    private static func version(_ number: Int64?) -> String { number.map { "第 \($0) 版" } ?? "未涉及" }

    /// timeline.csv with a byte order mark, so that spreadsheets read it as UTF-8.
    static func timeline(_ events: [AlarmEvent]) -> String {
        var lines = ["\u{FEFF}时间,操作,原状态,新状态,处理人,意见或说明"]
        for event in events {
            lines.append([event.at.text, event.title, event.from?.title ?? "", event.to?.title ?? "", event.byName, event.text].map(cell).joined(separator: ","))
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    /// Quoted; a text that a spreadsheet would take for a formula is made a text.
    private static func cell(_ text: String) -> String {
        let isFormula = text.first.map { "=+-@".contains($0) } ?? false
        return "\"" + (isFormula ? "'" : "") + text.replacing("\"", with: "\"\"") + "\""
    }
}

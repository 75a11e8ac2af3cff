/// 重污染天气绩效分级. The code is what notices print; the list grows with them (A+ came in 2026), so a grade is a text, not an enum.
package enum PerformanceGrade {
    package static let all: [CodeItem] = [
        CodeItem("A+", "A+ 级", "Grade A+"), CodeItem("A", "A 级", "Grade A"), CodeItem("引领性", "绩效引领性", "Leading"), CodeItem("B", "B 级", "Grade B"),
        CodeItem("B-", "B- 级", "Grade B-"), CodeItem("C", "C 级", "Grade C"), CodeItem("D", "D 级", "Grade D"), CodeItem("非引领性", "非引领性", "Not leading"),
        CodeItem("保障类", "保障类", "Supply guarantee"), CodeItem("未评级", "未评级", "Not graded"),
    ]

    package static func isKnown(_ code: String) -> Bool { all.contains { $0.code == code } }
}

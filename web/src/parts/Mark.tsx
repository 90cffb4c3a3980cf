/** The sign of the product: two lines of a statement, trued up. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden role="presentation" className="mark">
      <rect width="32" height="32" rx="8" className="mark-ground" />
      <path d="M7 10.5h18M7 16h18" className="mark-lines" strokeWidth="2.6" strokeLinecap="round" />
      <path
        d="M9.5 21.8l4.2 3.7 8.8-7.6"
        fill="none"
        className="mark-check"
        strokeWidth="2.8"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

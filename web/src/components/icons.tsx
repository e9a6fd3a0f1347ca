/** The page's icons. All are decorative, so they are hidden from assistive technology. */

const stroke = {
  fill: "none",
  stroke: "currentColor",
  strokeWidth: 2,
  strokeLinecap: "round",
  strokeLinejoin: "round",
} as const;

function icon(children: React.ReactNode, directed = false) {
  return (
    <svg
      className="tg-icon"
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
      data-directed={directed ? "" : undefined}
      {...stroke}
    >
      {children}
    </svg>
  );
}

export const MicrophoneIcon = () =>
  icon(
    <>
      <rect x="9" y="3" width="6" height="11" rx="3" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
    </>,
  );

export const MicrophoneOffIcon = () =>
  icon(
    <>
      <path d="M9 9V6a3 3 0 0 1 6 0v5m-.9 2.1A3 3 0 0 1 9 11.5" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 10.6 5M18.5 11.5c0 .9-.2 1.7-.5 2.5M12 18v3M4 4l16 16" />
    </>,
  );

export const ThumbUpIcon = () =>
  icon(
    <path d="M7 11v9H4v-9zM7 11l4-7c1.5 0 2.5 1 2.5 2.5V10H19a2 2 0 0 1 2 2.3l-1 6A2 2 0 0 1 18 20H7" />,
  );

export const ThumbDownIcon = () =>
  icon(
    <path d="M17 13V4h3v9zM17 13l-4 7c-1.5 0-2.5-1-2.5-2.5V14H5a2 2 0 0 1-2-2.3l1-6A2 2 0 0 1 6 4h11" />,
  );

export const OptionsIcon = () =>
  icon(<path d="M4 7h9M17 7h3M4 12h3M11 12h9M4 17h11M19 17h1M15 5v4M9 10v4M17 15v4" />);

export const SendIcon = () => icon(<path d="M5 12h14M13 6l6 6-6 6" />, true);

export const SoundIcon = () =>
  icon(<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11" />);

export const SoundOffIcon = () =>
  icon(<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9.5l5 5M20.5 9.5l-5 5" />);

export const CheckIcon = () => icon(<path d="M5 12.5l4.5 4.5L19 7.5" />);

export const ArrowIcon = () => icon(<path d="M5 12h14M13 6l6 6-6 6" />, true);
